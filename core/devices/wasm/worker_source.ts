/**
 * The program of a worker thread, as text: a worker made of a `data:` URL needs no permission and no
 * file beside the package. It keeps one instance of each plan's module, waits until there is
 * something to do, and runs its share of a step. When that fails, it tells the others and ends.
 *
 * @module
 */
import { controlSignals, controlWords, failureBytes } from "./barrier.ts";
import { clockImport } from "./clock.ts";

/** Looks before a worker sleeps: some 50 us, more than there is between two steps of training. */
const looks = 30000;

/** What a worker is told first. */
export interface WorkerStart {
  readonly kind: "start";
  readonly memory: WebAssembly.Memory;
  readonly thread: number;
  readonly threads: number;
  readonly isCrowded: boolean;
}

/** A further program. */
export interface WorkerProgram {
  readonly kind: "program";
  readonly number: number;
  readonly module: WebAssembly.Module;
}

/** What workers are sent; each is answered by the message "ready". */
export type WorkerMessage = WorkerStart | WorkerProgram;

const source = `
const programs = [];
let start, words, seen = 0;
onmessage = ({ data }) => {
  if (data.kind === "start") {
    start = data;
    words = new Int32Array(data.memory.buffer, 0, 256);
    seen = Atomics.load(words, ${controlWords.call / 4});
  } else {
    const env = { memory: start.memory, ${clockImport}: () => performance.now() };
    const { exports } = new WebAssembly.Instance(data.module, { env });
    programs[data.number] = exports.step;
  }
  postMessage("ready");
  serve();
};
function serve() {
  for (;;) {
    let left = start.isCrowded ? 1 : ${looks};
    while (Atomics.load(words, ${controlWords.call / 4}) === seen && --left > 0);
    Atomics.wait(words, ${controlWords.call / 4}, seen);
    if (Atomics.load(words, ${controlWords.call / 4}) === seen) continue;
    seen = Atomics.load(words, ${controlWords.call / 4});
    const program = Atomics.load(words, ${controlWords.program / 4});
    if (program === ${controlSignals.end}) return close();
    if (program === ${controlSignals.readMessages}) return;
    try {
      programs[program](start.thread, start.threads);
    } catch (error) {
      return fail(error);
    }
  }
}
function fail(error) {
  if (Atomics.load(words, ${controlWords.failed / 4}) !== 0) return; // another one failed first
  const text = new TextEncoder().encode("thread " + start.thread + ": " + error).slice(0, ${failureBytes});
  new Uint8Array(start.memory.buffer, ${controlWords.failure}).set(text);
  Atomics.store(words, ${controlWords.failed / 4}, text.length);
  Atomics.add(words, ${controlWords.round / 4}, 1);
  Atomics.notify(words, ${controlWords.round / 4});
}
`;

/** The address of the worker's program. */
export const workerUrl: string = `data:text/javascript,${encodeURIComponent(source)}`;

/**
 * The worker threads of a session. All run the same step function over the same memory, each on its
 * share; the thread that calls is number 0. Workers are started when a program first needs them, get
 * ready while the caller does other things, and sleep when there is nothing to do.
 *
 * @module
 */
import { controlSignals, controlWords } from "./barrier.ts";
import { type WorkerMessage, workerUrl } from "./worker_source.ts";

/** Whether more threads are wanted than there are processors. */
export function isCrowded(threads: number): boolean {
  return threads > navigator.hardwareConcurrency;
}

/** The workers of one memory. */
export class Threads {
  readonly #words: Int32Array;
  readonly #memory: WebAssembly.Memory;
  #workers: readonly Worker[] = [];
  #programs = 0;
  #joining: Promise<void> | null = null;

  constructor(memory: WebAssembly.Memory, readonly count: number) {
    this.#memory = memory;
    this.#words = new Int32Array(memory.buffer, 0, 256);
  }

  /** Starts the workers, unless they are started; what they need before a program takes some 5 ms. */
  start(): void {
    if (this.#workers.length > 0) return;
    this.#workers = Array.from(
      { length: this.count - 1 },
      () => new Worker(workerUrl, { type: "module" }),
    );
    this.#join(() =>
      this.#workers.map((worker, i) =>
        tell(worker, {
          kind: "start",
          memory: this.#memory,
          thread: i + 1,
          threads: this.count,
          isCrowded: isCrowded(this.count),
        })
      )
    );
  }

  /** Gives every started worker a module; gives the program's number. */
  add(module: WebAssembly.Module): number {
    const number = this.#programs++;
    this.#join(() => {
      this.#call(controlSignals.readMessages);
      return this.#workers.map((worker) => tell(worker, { kind: "program", number, module }));
    });
    return number;
  }

  /** Resolves when the workers have all that they were given; `null` when they have: they can begin. */
  get joining(): Promise<void> | null {
    return this.#joining;
  }

  /** Lets all workers begin a program; the caller takes part as thread 0 and meets them at its barriers. */
  begin(program: number): void {
    this.#call(program);
  }

  /** Ends the workers. */
  async close(): Promise<void> {
    // a worker that is told something answers, or has failed
    await this.#joining?.catch(() => {});
    this.#call(controlSignals.end);
    this.#workers.forEach((worker) => worker.terminate());
    this.#workers = [];
  }

  /** Tells the workers something when they have all that they were told before. */
  #join(tellAll: () => readonly Promise<void>[]): void {
    const before = this.#joining;
    const told = before === null
      ? Promise.all(tellAll())
      : before.then(() => Promise.all(tellAll()));
    const joining = told.then(() => {
      if (this.#joining === joining) this.#joining = null;
    });
    // who begins a program is told of a failure
    joining.catch(() => {});
    this.#joining = joining;
  }

  #call(program: number): void {
    Atomics.store(this.#words, controlWords.program / 4, program);
    Atomics.add(this.#words, controlWords.call / 4, 1);
    Atomics.notify(this.#words, controlWords.call / 4);
  }
}

/** Sends a message to a worker; resolves when it has been taken up. */
function tell(worker: Worker, message: WorkerMessage): Promise<void> {
  return new Promise((resolve, reject) => {
    worker.onmessage = () => resolve();
    worker.onerror = (event) => {
      event.preventDefault();
      reject(new Error(`Cannot run a worker thread: ${event.message}`));
    };
    worker.postMessage(message);
  });
}

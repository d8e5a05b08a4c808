/**
 * The worker threads of a session. All run the same step function over the same memory, each on its
 * share; the thread that calls is number 0. Workers are started when a program first needs them, and
 * sleep when there is nothing to do.
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
  #workers: Promise<readonly Worker[]> | null = null;
  #programs = 0;
  /** Resolves when the modules given before have been taken up. */
  #added: Promise<void> = Promise.resolve();

  constructor(memory: WebAssembly.Memory, readonly count: number) {
    this.#memory = memory;
    this.#words = new Int32Array(memory.buffer, 0, 256);
  }

  /** Gives every worker a module; resolves to the program's number when all have it. */
  add(module: WebAssembly.Module): Promise<number> {
    // workers answer one message at a time
    const added = this.#added.then(() => this.#add(module));
    this.#added = added.then(() => {}, () => {});
    return added;
  }

  /** Lets all workers begin a program; the caller takes part as thread 0 and meets them at its barriers. */
  begin(program: number): void {
    this.#call(program);
  }

  /** Ends the workers. */
  async close(): Promise<void> {
    const workers = await this.#workers;
    this.#call(controlSignals.end);
    workers?.forEach((worker) => worker.terminate());
    this.#workers = null;
  }

  #call(program: number): void {
    Atomics.store(this.#words, controlWords.program / 4, program);
    Atomics.add(this.#words, controlWords.call / 4, 1);
    Atomics.notify(this.#words, controlWords.call / 4);
  }

  async #add(module: WebAssembly.Module): Promise<number> {
    this.#workers ??= this.#start();
    const workers = await this.#workers;
    const number = this.#programs++;
    this.#call(controlSignals.readMessages);
    await Promise.all(workers.map((worker) => tell(worker, { kind: "program", number, module })));
    return number;
  }

  async #start(): Promise<readonly Worker[]> {
    const workers = Array.from(
      { length: this.count - 1 },
      () => new Worker(workerUrl, { type: "module" }),
    );
    await Promise.all(workers.map((worker, i) =>
      tell(worker, {
        kind: "start",
        memory: this.#memory,
        thread: i + 1,
        threads: this.count,
        isCrowded: isCrowded(this.count),
      })
    ));
    return workers;
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

/**
 * The worker threads of a session. All run the same step function over the same memory, each on its
 * share; the thread that calls is number 0. Workers are started when a program first needs them, get
 * ready while the caller does other things, and sleep when there is nothing to do.
 *
 * @module
 */
import { controlSignals, controlWords, failureBytes } from "./barrier.ts";
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

  /**
   * Runs a program on all threads; the caller takes part as thread 0, by `step`, and meets the workers at
   * its barriers.
   *
   * @throws {Error} When a thread fails, now or in an earlier run.
   */
  run(program: number, step: () => void): void {
    this.#requireAll();
    this.#call(program);
    try {
      step();
    } catch (cause) {
      this.#requireAll({ cause });
      this.#fail(cause);
      throw cause;
    }
  }

  /** Ends the workers. */
  async close(): Promise<void> {
    // a worker that is told something answers, or has failed
    await this.#joining?.catch(() => {});
    this.#call(controlSignals.end);
    this.#workers.forEach((worker) => worker.terminate());
    this.#workers = [];
  }

  #requireAll(options?: ErrorOptions): void {
    const length = Atomics.load(this.#words, controlWords.failed / 4);
    if (length === 0) return;
    const text = new Uint8Array(this.#memory.buffer, controlWords.failure, failureBytes);
    const failure = new TextDecoder().decode(text.slice(0, length));
    throw new Error(`Cannot run the plan on all threads: ${failure}`, options);
  }

  /** Lets the workers know that this thread comes to no barrier any more. */
  #fail(error: unknown): void {
    const text = new TextEncoder().encode(`thread 0: ${error}`).slice(0, failureBytes);
    new Uint8Array(this.#memory.buffer, controlWords.failure).set(text);
    Atomics.store(this.#words, controlWords.failed / 4, text.length);
    Atomics.add(this.#words, controlWords.round / 4, 1);
    Atomics.notify(this.#words, controlWords.round / 4);
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

/**
 * The Workers that read rows: started when the first rows want them, and ended with the run.
 *
 * @module
 */
import { pipelineError } from "../errors.ts";
import type { WorkerRows } from "../declare/mod.ts";
import type { Elements } from "../tensor/mod.ts";
import { errorFrom } from "./worker_errors.ts";
import { whenEnded } from "./worker_life.ts";
import type { WorkerAnswer, WorkerMessage } from "./row_worker.ts";

/** What a worker runs. */
const program = new URL("./row_worker.ts", import.meta.url);

/** How many workers may be asked for. */
export const mostWorkers = 64;

/** How many workers there are at most, where that is not said. */
const mostUnasked = 8;

/** Rows that workers have opened. */
export interface OpenedRows {
  /** Reads rows into arrays of shared memory, by parts, one for each worker. */
  read(rows: Uint32Array, into: Readonly<Record<string, Elements>>): Promise<void>;
  close(): void;
}

/** What is told of rows that are to be read by workers. */
export interface RowWorkersOptions {
  /** How many; a number that suits the machine when absent, and none where they would not help. */
  readonly count?: number | undefined;
  /** Told where they cannot start. */
  readonly tell?: ((text: string) => void) | undefined;
}

/**
 * One for each processor but one, which has the step to compute: on two processors that also threads of
 * the step use, one worker left the step 7 % of its time to wait for images, and two 11 %.
 */
function defaultCount(): number {
  return Math.min(mostUnasked, Math.max(1, navigator.hardwareConcurrency - 1));
}

/** Thrown where a worker ended before it had read what it was to read. */
export class WorkerEnded extends Error {}

/** The workers of a run. */
export class RowWorkers {
  /** Whether their number was asked for: they are used then without any thought of whether it pays. */
  readonly areAsked: boolean;
  readonly #wanted: number;
  readonly #tell: (text: string) => void;
  #started: Promise<readonly RowWorker[]> | undefined;
  #isClosed = false;
  #workers: readonly RowWorker[] = [];
  #sources = 0;
  #opened = 0;
  /** What was told: once is enough for all splits. */
  readonly #told = new Set<string>();

  /**
   * Starts none yet.
   *
   * @throws {PipelineError} When their number is none.
   */
  constructor({ count, tell = () => {} }: RowWorkersOptions = {}) {
    const isNumber = count === undefined ||
      Number.isInteger(count) && count >= 0 && count <= mostWorkers;
    if (!isNumber) {
      throw pipelineError({
        code: "workers",
        path: "workers",
        message: "Cannot start so many workers",
        received: String(count),
        expected: `a whole number from 0 to ${mostWorkers}`,
      });
    }
    this.areAsked = count !== undefined;
    this.#wanted = count ?? defaultCount();
    this.#tell = tell;
  }

  /** How many there may be; 0 where rows are read on this thread. */
  get most(): number {
    return this.#wanted;
  }

  /** How many have read rows, or are about to. */
  get count(): number {
    return this.#opened === 0 ? 0 : this.#workers.length;
  }

  /**
   * Opens rows in every worker; starts the workers if they have not. Gives `null`, and tells why, where
   * they cannot start or cannot import the module.
   */
  async open({ module, given }: WorkerRows): Promise<OpenedRows | null> {
    const source = this.#sources++;
    const refused = (reason: unknown) => {
      const [line] = (reason instanceof Error ? reason.message : String(reason)).split("\n");
      const told = `Cannot use workers to read rows: ${
        line!.replace(/\.$/, "")
      }; they are read on the main thread`;
      if (!this.#told.has(told)) this.#tell(told);
      this.#told.add(told);
      return null;
    };
    let workers: readonly RowWorker[];
    try {
      workers = await (this.#started ??= this.#start());
    } catch (error) {
      return refused(error);
    }
    const close = () => workers.forEach((worker) => worker.tell({ kind: "close", source }));
    const openings = await Promise.allSettled(
      workers.map((worker) => worker.ask((job) => ({ kind: "open", job, source, module, given }))),
    );
    const failed = openings.find((opening) => opening.status === "rejected");
    if (failed !== undefined) {
      // some may have opened them
      close();
      return refused(failed.reason);
    }
    this.#opened++;
    return { read: (rows, into) => readParts(workers, { source, rows, into }), close };
  }

  /** Ends the workers. */
  close(): void {
    this.#isClosed = true;
    this.#workers.forEach((worker) => worker.end());
    this.#workers = [];
  }

  async #start(): Promise<readonly RowWorker[]> {
    const workers: RowWorker[] = [];
    await requireReadable(program);
    if (this.#isClosed) throw new WorkerEnded("the run has ended");
    try {
      for (let i = 0; i < this.#wanted; i++) workers.push(new RowWorker());
      this.#workers = workers;
      await Promise.all(workers.map((worker) => worker.started));
      return workers;
    } catch (error) {
      workers.forEach((worker) => worker.end());
      this.#workers = [];
      throw error;
    }
  }
}

/**
 * Where this project is a folder, a worker may start if it may be read; asked before, since a worker that
 * does not start says so on the terminal.
 */
async function requireReadable(path: URL): Promise<void> {
  if (path.protocol !== "file:") return;
  const { state } = await Deno.permissions.query({ name: "read", path });
  if (state !== "granted") throw new Error(`reading "${path.pathname}" is not allowed`);
}

/** Each worker reads a part of the rows; waits until none writes any more. */
async function readParts(
  workers: readonly RowWorker[],
  { source, rows, into }: {
    readonly source: number;
    readonly rows: Uint32Array;
    readonly into: Readonly<Record<string, Elements>>;
  },
): Promise<void> {
  const parts = Math.min(workers.length, rows.length);
  // those that have least to do first: parts differ by a row at most
  const order = workers.toSorted((a, b) => a.waiting - b.waiting);
  const reading = Array.from({ length: parts }, (_, part) => {
    const begin = Math.floor(rows.length * part / parts);
    const end = Math.floor(rows.length * (part + 1) / parts);
    const own = Object.fromEntries(
      Object.entries(into).map(([port, elements]) => {
        const width = elements.length / rows.length;
        return [port, elements.subarray(begin * width, end * width)];
      }),
    );
    // a copy: of a view, all of its buffer would be sent
    const wanted = rows.slice(begin, end);
    return order[part]!.ask((job) => ({ kind: "read", job, source, rows: wanted, into: own }));
  });
  for (const result of await Promise.allSettled(reading)) {
    if (result.status === "rejected") throw result.reason;
  }
}

/** One worker. */
class RowWorker {
  /** Resolves when it can be told what to do. */
  readonly started: Promise<void>;
  readonly #worker: Worker;
  readonly #jobs = new Map<number, PromiseWithResolvers<void>>();
  #ended: Error | undefined;
  #next = 0;

  constructor() {
    this.#worker = new Worker(program, { type: "module" });
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.started = promise;
    // it is told to whoever waits for it, if anyone does
    promise.catch(() => {});
    this.#jobs.set(-1, { promise, resolve, reject });
    const lock = `millrace rows ${crypto.randomUUID()}`;
    this.#worker.onmessage = ({ data }: MessageEvent<WorkerAnswer>) => {
      const job = this.#jobs.get(data.job);
      this.#jobs.delete(data.job);
      // one that closes itself says nothing
      if (data.job < 0) whenEnded(lock, () => this.#fail("it closed itself"));
      if (data.error === undefined) job?.resolve();
      else job?.reject(errorFrom(data.error));
    };
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#fail(event.message.replace(/^Uncaught (\(in promise\) )?/, ""));
    };
    this.tell({ kind: "start", lock });
  }

  /** Number of jobs that it has not done yet. */
  get waiting(): number {
    return this.#jobs.size;
  }

  /** Tells it something that is not answered. */
  tell(message: WorkerMessage): void {
    this.#worker.postMessage(message);
  }

  /** Tells it to do a job; rejects where that fails, or the worker ends before it is done. */
  ask(message: (job: number) => WorkerMessage): Promise<void> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    const job = this.#next++;
    const answer = Promise.withResolvers<void>();
    this.#jobs.set(job, answer);
    this.tell(message(job));
    return answer.promise;
  }

  end(): void {
    this.#worker.terminate();
    this.#fail("the run has ended");
  }

  #fail(reason: string): void {
    this.#ended ??= new WorkerEnded(reason);
    for (const { reject } of this.#jobs.values()) reject(this.#ended);
    this.#jobs.clear();
  }
}

/**
 * The program of a Worker that reads rows. It opens what it is told to by a module, and reads into
 * shared memory, one part of a batch after the other. It imports next to nothing: a Worker starts in
 * the time that its imports take.
 *
 * @module
 */
import type { Elements } from "../tensor/mod.ts";
import type { RowOpener, RowSource } from "../declare/mod.ts";
import { type ErrorData, errorData } from "./worker_errors.ts";
import { holdForLife } from "./worker_life.ts";

/** What a worker is told first. */
export interface WorkerStart {
  readonly kind: "start";
  /** Name of the lock that it holds while it lives. */
  readonly lock: string;
}

/** Rows to open: the answer tells whether the module could be imported. */
export interface WorkerOpen {
  readonly kind: "open";
  readonly job: number;
  /** Number by which they are read. */
  readonly source: number;
  readonly module: string;
  readonly given: unknown;
}

/** Rows to read. */
export interface WorkerRead {
  readonly kind: "read";
  readonly job: number;
  readonly source: number;
  readonly rows: Uint32Array;
  /** Arrays in shared memory, by port. */
  readonly into: Readonly<Record<string, Elements>>;
}

/** Rows that nobody reads any more. */
export interface WorkerClose {
  readonly kind: "close";
  readonly source: number;
}

/** What a worker is told. */
export type WorkerMessage = WorkerStart | WorkerOpen | WorkerRead | WorkerClose;

/** What a worker answers: `job` is done, or -1 when it has started. */
export interface WorkerAnswer {
  readonly job: number;
  readonly error?: ErrorData;
}

/** The worker's side of the messages; the types of this project are those of the main thread. */
const scope = globalThis as unknown as {
  onmessage: (event: { readonly data: WorkerMessage }) => void;
  postMessage(answer: WorkerAnswer): void;
};

const sources = new Map<number, Promise<RowSource>>();
let last: Promise<void> = Promise.resolve();

scope.onmessage = ({ data }) => {
  // one after the other: rows are read by one call at a time
  last = last.then(() => obey(data));
};

async function obey(message: WorkerMessage): Promise<void> {
  if (message.kind === "start") {
    await holdForLife(message.lock);
    return scope.postMessage({ job: -1 });
  }
  if (message.kind === "close") {
    const source = sources.get(message.source);
    sources.delete(message.source);
    try {
      (await source)?.close?.();
    } catch {
      // nobody waits for it, and other rows are still to be read
    }
    return;
  }
  const { job } = message;
  try {
    if (message.kind === "open") await open(message);
    else await (await sources.get(message.source)!).read(message.rows, message.into);
    scope.postMessage({ job });
  } catch (error) {
    scope.postMessage({ job, error: errorData(error) });
  }
}

async function open({ source, module, given }: WorkerOpen): Promise<void> {
  const { default: opener } = await import(module) as { readonly default?: RowOpener };
  if (typeof opener !== "function") {
    throw new TypeError(
      `Cannot open rows by "${module}": received a default export of ${typeof opener}, expected a function`,
    );
  }
  const opening = Promise.try(() => opener(given));
  // it is told when rows are read, as elsewhere
  opening.catch(() => {});
  sources.set(source, opening);
}

/**
 * Rows that Workers read, for whoever reads them: a source as any other.
 *
 * @module
 */
import { pipelineError } from "../errors.ts";
import type { Elements } from "../tensor/mod.ts";
import type { RowSource } from "../declare/mod.ts";
import { type OpenedRows, type RowWorkers, WorkerEnded } from "./row_workers.ts";

/**
 * How many batches are read at a time: every worker has its part of each, and goes on with the next one's
 * while the others are still at this one.
 */
const batchesAtOnce = 3;

/** Seconds that a pass takes on this thread from which on workers are started unasked; they take 0.05. */
const worthwhileSeconds = 0.25;

/** The rows of a source that says how workers read it. */
export function workerRows(
  source: RowSource,
  { path, workers }: { readonly path: string; readonly workers: RowWorkers },
): RowSource {
  const inWorkers = source.inWorkers!;
  /** What reads: not known yet, nothing but this thread, or workers. */
  let opened: OpenedRows | null | undefined;
  let opening: Promise<void> | undefined;
  const open = async () => {
    opened = await workers.open(inWorkers);
  };
  const readThere = async (
    { read }: OpenedRows,
    rows: Uint32Array,
    into: Readonly<Record<string, Elements>>,
  ) => {
    const shared = Object.fromEntries(
      Object.entries(into).map(([port, elements]) => [port, sharedFor(elements)]),
    );
    try {
      await read(rows, shared);
    } catch (error) {
      throw error instanceof WorkerEnded ? endedError(path, error) : error;
    }
    for (const [port, elements] of Object.entries(into)) {
      if (shared[port] !== elements) elements.set(shared[port]!);
    }
  };
  /** Reads on this thread, and finds out whether workers would be worth their start. */
  const readHere = async (rows: Uint32Array, into: Readonly<Record<string, Elements>>) => {
    const started = performance.now();
    await source.read(rows, into);
    const seconds = (performance.now() - started) / 1000;
    const isWorthwhile = seconds / rows.length * source.rows > worthwhileSeconds;
    if (opened === undefined && isWorthwhile) await (opening ??= open());
  };
  return {
    rows: source.rows,
    ...(source.blocks === undefined ? {} : { blocks: source.blocks }),
    get fingerprint() {
      return source.fingerprint;
    },
    get readsAtOnce() {
      return opened ? batchesAtOnce : source.readsAtOnce ?? 1;
    },
    read(rows, into) {
      if (rows.length === 0 || opened === null || inWorkers.has?.(rows) === true) {
        return source.read(rows, into);
      }
      if (opened !== undefined) return readThere(opened, rows, into);
      if (!workers.areAsked) return readHere(rows, into);
      return (opening ??= open()).then(() => this.read(rows, into));
    },
    close() {
      opened?.close();
      source.close?.();
    },
  };
}

/** The elements themselves where they are in shared memory, else as many that are. */
function sharedFor(elements: Elements): Elements {
  if (elements.buffer instanceof SharedArrayBuffer) return elements;
  const own = elements.constructor as new (buffer: SharedArrayBuffer) => Elements;
  return new own(new SharedArrayBuffer(elements.byteLength));
}

function endedError(path: string, cause: WorkerEnded): Error {
  return pipelineError({
    code: "worker",
    path,
    message: `Cannot read rows: a worker that reads them has ended: ${cause.message}`,
    hint: "--workers 0 reads them on the main thread",
  }, { cause });
}

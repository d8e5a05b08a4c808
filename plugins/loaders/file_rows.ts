/**
 * Rows that are a file each: decoded as they are wanted, by workers where that takes its time, and kept
 * in memory as far as they fit.
 *
 * @module
 */
import type { DataPort, OpenContext, RowSource, WorkerRows } from "../../core/mod.ts";
import { filesFingerprint } from "./file_fingerprint.ts";
import {
  decodedRows,
  hasRow,
  type KeptRows,
  type LoadFile,
  onlyRows,
  roomForRows,
} from "./kept_rows.ts";
import { allocateColumns } from "./memory_rows.ts";
import { type RowChecks, withInvalid } from "./row_checks.ts";

/** What rows of files are made of. */
export interface CachedFileRowsOptions {
  /** What each port carries, as the loader's `ports` says. */
  readonly ports: Readonly<Record<string, DataPort>>;
  /** The files, each of them a row. */
  readonly files: readonly string[];
  /** The folder that they are in. */
  readonly folder: string;
  /** What is done with files that cannot be used. */
  readonly checks: RowChecks;
  /** Most bytes of decoded rows that are kept. */
  readonly memoryBytes: number;
  readonly load: LoadFile;
  /** How workers read the rows, into the same memory. */
  inWorkers(kept: KeptRows): WorkerRows;
}

/**
 * Offers rows of files, in any order. The first rows are kept, as many as fit.
 *
 * @param context What the loader is told: how many rows are wanted, and who reads them.
 * @throws {DataError} When too many files cannot be used, where some may be left out.
 */
export async function cachedFileRows(
  options: CachedFileRowsOptions,
  context: Pick<OpenContext<unknown>, "limit" | "byWorkers">,
): Promise<RowSource> {
  const { ports, files, folder, checks, memoryBytes, load, inWorkers } = options;
  const room = roomForRows(ports, { rows: files.length, memoryBytes });
  const kept = checks.mayDrop ? await leaveOut(room, options, context) : room;
  let fingerprint: string | undefined;
  const source: RowSource = {
    ...decodedRows({ ports, load, kept }),
    get fingerprint() {
      return fingerprint ??= filesFingerprint(
        Array.from(kept.files, (file) => ({
          name: files[file]!.slice(folder.length),
          path: files[file]!,
        })),
      );
    },
    inWorkers: { ...inWorkers(kept), has: (rows) => rows.every((row) => hasRow(kept, row)) },
  };
  if (!checks.mayDrop) return source;
  checks.requireFew(folder);
  return withInvalid(source, checks);
}

/** Offers files that are given to predict from, in their order. Nothing of them is kept. */
export function givenFileRows(
  { ports, files, load }: Pick<CachedFileRowsOptions, "ports" | "files" | "load">,
): RowSource {
  const kept = roomForRows(ports, { rows: files.length, memoryBytes: 0 });
  return decodedRows({ ports, load, kept });
}

/** Files that are decoded at a time: every worker has some of them. */
const filesAtOnce = 64;

/**
 * Decodes every file once, by workers where that pays, until as many rows as are wanted are found; files that
 * cannot be used are no rows.
 */
async function leaveOut(
  room: KeptRows,
  { ports, checks, load, inWorkers }: CachedFileRowsOptions,
  { limit = Infinity, byWorkers = (source) => source }: Pick<
    OpenContext<unknown>,
    "limit" | "byWorkers"
  >,
): Promise<KeptRows> {
  const count = room.files.length;
  const isUnusable = new Uint8Array(new SharedArrayBuffer(count));
  const kept = { ...room, isUnusable };
  const source = byWorkers({ ...decodedRows({ ports, load, kept }), inWorkers: inWorkers(kept) });
  const left: number[] = [];
  try {
    for await (const files of triedInOrder(source)) {
      for (const file of files) {
        const [fault] = isUnusable[file] === 1 ? await faultOf(file, { ports, load }) : [];
        const isRow = checks.take(() => {
          if (fault !== undefined) throw fault.reason;
          return [];
        });
        if (isRow) left.push(file);
        if (left.length === limit) return onlyRows(room, { ports, left });
      }
    }
    return onlyRows(room, { ports, left });
  } finally {
    source.close?.();
  }
}

/** Reads the rows of a source, as many at a time as it takes, and gives their numbers in their order. */
async function* triedInOrder(source: RowSource): AsyncGenerator<Uint32Array, void, void> {
  const waiting: { readonly rows: Uint32Array; readonly done: Promise<void> }[] = [];
  try {
    for (let begin = 0; begin < source.rows || waiting.length > 0;) {
      while (begin < source.rows && waiting.length < (source.readsAtOnce ?? 1)) {
        const length = Math.min(filesAtOnce, source.rows - begin);
        const first = begin;
        const rows = Uint32Array.from({ length }, (_, i) => first + i);
        const done = Promise.try(() => source.read(rows, {}));
        // it is told in its turn
        done.catch(() => {});
        waiting.push({ rows, done });
        begin += length;
      }
      const { rows, done } = waiting.shift()!;
      await done;
      yield rows;
    }
  } finally {
    // none may write any more
    await Promise.allSettled(waiting.map(({ done }) => done));
  }
}

/** Why a file cannot be used: what decoding it throws, told here once more. */
async function faultOf(
  file: number,
  { ports, load }: Pick<CachedFileRowsOptions, "ports" | "load">,
): Promise<readonly PromiseRejectedResult[]> {
  const [result] = await Promise.allSettled([
    Promise.try(() => load(file, allocateColumns(ports, 1))),
  ]);
  return result.status === "rejected" ? [result] : [];
}

/**
 * Rows that are a file each: decoded as they are wanted, by workers where that takes its time, and kept
 * in memory as far as they fit.
 *
 * @module
 */
import { type DataPort, type RowSource, sha256, type WorkerRows } from "../../core/mod.ts";
import {
  decodedRows,
  hasRow,
  type KeptRows,
  type LoadFile,
  roomForRows,
  rowIn,
} from "./kept_rows.ts";
import { allocateColumns } from "./memory_rows.ts";
import { type RowChecks, withInvalid } from "./row_checks.ts";

/** What rows of files are made of. */
export interface CachedFileRowsOptions {
  /** What each port carries, as the loader's `ports` says. */
  readonly ports: Readonly<Record<string, DataPort>>;
  /** The files, each of them a row. */
  readonly files: readonly string[];
  /** The folder that they are in, for messages. */
  readonly folder: string;
  /** What is done with files that cannot be used. */
  readonly checks: RowChecks;
  /** Most bytes of decoded rows that are kept. */
  readonly memoryBytes: number;
  readonly fingerprint: string;
  readonly load: LoadFile;
  /** How workers read the rows, into the same memory. */
  inWorkers(kept: KeptRows): WorkerRows;
}

/**
 * Offers rows of files, in any order. The first rows are kept, as many as fit.
 *
 * @throws {DataError} When too many files cannot be used, where some may be left out.
 */
export async function cachedFileRows(options: CachedFileRowsOptions): Promise<RowSource> {
  const { ports, files, folder, checks, memoryBytes, fingerprint, load, inWorkers } = options;
  const room = roomForRows(ports, { rows: files.length, memoryBytes });
  const kept = checks.mayDrop ? await leaveOut(room, options) : room;
  const source: RowSource = {
    ...decodedRows({ ports, load, kept }),
    fingerprint: kept.files.length === files.length
      ? fingerprint
      : `names:${sha256(Array.from(kept.files, (file) => `${files[file]}\n`))}`,
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

/** Decodes every file once; those that cannot be used are no rows. */
async function leaveOut(
  room: KeptRows,
  { ports, checks, load }: Pick<CachedFileRowsOptions, "ports" | "checks" | "load">,
): Promise<KeptRows> {
  const usable: number[] = [];
  const decoded = allocateColumns(ports, 1);
  for (const file of room.files) {
    for (const elements of Object.values(decoded)) elements.fill(0);
    const [result] = await Promise.allSettled([Promise.try(() => load(file, decoded))]);
    const isRow = checks.take(() => {
      if (result.status === "rejected") throw result.reason;
      return [];
    });
    if (!isRow) continue;
    const row = usable.push(file) - 1;
    if (row >= room.isKept.length) continue;
    const own = rowIn(room.columns, { ports, at: row });
    for (const [name, elements] of Object.entries(own)) elements.set(decoded[name]!);
    room.isKept[row] = 1;
  }
  return { ...room, files: Uint32Array.from(usable) };
}

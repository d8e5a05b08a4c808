/**
 * Rows that are a file each: decoded as they are wanted, and kept in memory as far as they fit.
 *
 * @module
 */
import type { DataPort, Elements, RowSource } from "../../core/mod.ts";
import { bytesPerRow } from "./block_rows.ts";
import { allocateColumns, copyRows, rowSize } from "./memory_rows.ts";

/** What rows of files are made of. */
export interface CachedFileRowsOptions {
  /** What each port carries, as the loader's `ports` says. */
  readonly ports: Readonly<Record<string, DataPort>>;
  /** The file of each row. */
  readonly files: readonly string[];
  /** Most bytes of decoded rows that are kept. */
  readonly memoryBytes: number;
  readonly fingerprint: string;
  /** Decodes a row into elements of each port, which are zeroed, or an older row's. */
  load(row: number, into: Readonly<Record<string, Elements>>): Promise<void>;
}

/** Files that are decoded at the same time: more only wait for the processor. */
const together = 8;

/** Offers rows of files, in any order. The first rows are kept, as many as fit. */
export function cachedFileRows(options: CachedFileRowsOptions): RowSource {
  const { ports, files, memoryBytes, fingerprint, load } = options;
  const kept = Math.min(files.length, Math.floor(memoryBytes / Math.max(1, bytesPerRow(ports))));
  const cache = allocateColumns(ports, kept);
  const isKept = new Uint8Array(kept);
  const widths = Object.entries(ports).map(([name, port]) => ({ name, width: rowSize(port) }));

  const copy = (wanted: Uint32Array, into: Readonly<Record<string, Elements>>) => {
    for (const { name, width } of widths) {
      const target = into[name];
      if (target !== undefined) copyRows({ data: cache[name]!, width }, wanted, target);
    }
  };
  const rowIn = (columns: Readonly<Record<string, Elements>>, at: number) =>
    Object.fromEntries(widths.flatMap(({ name, width }) => {
      const all = columns[name];
      return all === undefined ? [] : [[name, all.subarray(at * width, (at + 1) * width)]];
    }));
  const readOne = async (row: number, at: number, into: Readonly<Record<string, Elements>>) => {
    const target = rowIn(into, at);
    if (row >= kept) {
      for (const elements of Object.values(target)) elements.fill(0);
      return await load(row, target);
    }
    const own = rowIn(cache, row);
    if (isKept[row] === 0) {
      await load(row, own);
      isKept[row] = 1;
    }
    for (const [name, elements] of Object.entries(own)) target[name]?.set(elements);
  };
  return {
    rows: files.length,
    fingerprint,
    read(wanted, into) {
      if (wanted.every((row) => row < kept && isKept[row] === 1)) return copy(wanted, into);
      const rows = wanted.slice();
      let next = 0;
      const work = async () => {
        while (next < rows.length) {
          const at = next++;
          await readOne(rows[at]!, at, into);
        }
      };
      return allDone(Array.from({ length: Math.min(together, rows.length) }, work));
    },
  };
}

/** Waits until none writes any more; throws what the first to fail failed with. */
async function allDone(pending: readonly Promise<void>[]): Promise<void> {
  for (const result of await Promise.allSettled(pending)) {
    if (result.status === "rejected") throw result.reason;
  }
}

/**
 * Rows of files in which every row takes as many bytes: held in memory where they fit, else read in
 * blocks as they are wanted.
 *
 * @module
 */
import { z } from "zod";
import type { DataPort, RowSource } from "../../core/mod.ts";
import { blockRows, bytesPerRow } from "./block_rows.ts";
import { filesFingerprint, type NamedFile } from "./file_fingerprint.ts";
import { type MemoryColumns, memoryRows } from "./memory_rows.ts";

/** Most bytes of decoded rows that a loader keeps in memory, where its options do not say. */
export const defaultMemoryBytes: number = 512 * 1024 * 1024;

/** The option by which a loader is told how much memory its rows may take. */
export interface MemoryOptions {
  /**
   * Most bytes of rows that are kept in memory: what is larger is read again from the file, block by
   * block, as it is wanted. Default 512 MiB.
   */
  readonly memoryBytes?: number | undefined;
}

/** The field for {@linkcode MemoryOptions}. */
export const memoryFields = {
  memoryBytes: z.int().min(1).default(defaultMemoryBytes).describe(
    "Most bytes of rows kept in memory; what is larger is read from the file as it is wanted",
  ),
};

/** Rows and how to read a range of them. */
export interface FixedRowsOptions {
  /** What each port carries, as the loader's `ports` says. */
  readonly ports: Readonly<Record<string, DataPort>>;
  /** Number of rows. */
  readonly rows: number;
  /** Most bytes of rows that are kept in memory. */
  readonly memoryBytes: number;
  /** Reads and checks rows `begin` to `end - 1`. One range at a time. */
  readonly read: (begin: number, end: number) => Promise<MemoryColumns>;
  /** The files, by which the data is told apart where it is not held in memory to be hashed. */
  readonly files: readonly NamedFile[];
  /** Lets go of files. */
  readonly close: () => void;
}

/** Bytes of a block: a disk reads them in one go. */
const blockBytes = 1 << 20;

/** Opens rows of one width. */
export async function fixedRows(options: FixedRowsOptions): Promise<RowSource> {
  const { ports, rows, memoryBytes, read, files, close } = options;
  const width = bytesPerRow(ports);
  if (rows * width <= memoryBytes) {
    try {
      return memoryRows({ ports, columns: await read(0, rows) });
    } finally {
      close();
    }
  }
  const perBlock = Math.max(1, Math.floor(Math.min(blockBytes, memoryBytes / 4) / width));
  const begins = Uint32Array.from(
    { length: Math.ceil(rows / perBlock) },
    (_, block) => block * perBlock,
  );
  return blockRows({
    ports,
    rows,
    begins,
    memoryBytes,
    load: (block) => {
      const begin = begins[block]!;
      return read(begin, Math.min(rows, begin + perBlock));
    },
    fingerprint: () => filesFingerprint(files),
    close,
  });
}

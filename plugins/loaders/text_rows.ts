/**
 * Rows of files of text: passed over once as they are opened, which checks every record, and held in
 * memory where they fit; else read again block by block, as they are wanted.
 *
 * @module
 */
import {
  DataError,
  type DataPort,
  type Elements,
  openRecords,
  type RecordBlock,
  type RecordBlockOptions,
  type RecordFile,
  type RowSource,
  Sha256,
} from "../../core/mod.ts";
import { blockRows, bytesPerRow } from "./block_rows.ts";
import { allocateColumns, type MemoryColumns, memoryRows, rowSize } from "./memory_rows.ts";

/** The rows of a block. */
export interface DecodedRows {
  readonly rows: number;
  /** Elements of each port, for these rows. */
  readonly columns: MemoryColumns;
}

/** A file of text, and how its blocks become rows. */
export interface TextRowsOptions extends RecordBlockOptions {
  readonly path: string | URL;
  readonly ports: Readonly<Record<string, DataPort>>;
  /** Most bytes of rows that are kept in memory. */
  readonly memoryBytes: number;
  /** Rows that are wanted at most, the first ones. */
  readonly limit: number | undefined;
  /** Reads a block; the first of a file may hold a header. */
  readonly decode: (block: RecordBlock, file: string) => Promise<DecodedRows> | DecodedRows;
  /** What a file without any row is told. */
  readonly emptyHint: string;
}

/**
 * Opens the rows of a file of text.
 *
 * @throws {DataError} When the file is missing or has no rows, or a record is not as declared.
 */
export async function textRows(options: TextRowsOptions): Promise<RowSource> {
  const { path, ports, memoryBytes, limit = Infinity, emptyHint } = options;
  // small memories are for trying out files larger than they are
  const blockBytes = Math.max(1, Math.min(1 << 20, Math.floor(memoryBytes / 4)));
  const records = await openRecords(path, { blockBytes, ...options });
  try {
    const scan = await scanBlocks(records, { ...options, limit });
    const { rows, held, begins, places, fingerprint } = scan;
    if (rows === 0) {
      throw new DataError("Cannot read the file: it has no row of data", {
        file: records.file,
        hint: emptyHint,
      });
    }
    if (held !== undefined) {
      records[Symbol.dispose]();
      return memoryRows({ ports, columns: joinColumns(held, { ports, rows }) });
    }
    return blockRows({
      ports,
      rows,
      begins: Uint32Array.from(begins),
      memoryBytes,
      fingerprint,
      load: async (block) => {
        const { begin, line, end } = places[block]!;
        const bytes = await records.read(begin, end);
        return (await options.decode({ begin, line, bytes }, records.file)).columns;
      },
      close: () => records[Symbol.dispose](),
    });
  } catch (error) {
    records[Symbol.dispose]();
    throw error;
  }
}

interface BlockPlace {
  readonly begin: number;
  readonly end: number;
  readonly line: number;
}

interface Scan {
  readonly rows: number;
  /** The rows of each block; `undefined` where all together are too many for the memory. */
  readonly held: readonly DecodedRows[] | undefined;
  /** First row of each block that has any. */
  readonly begins: readonly number[];
  readonly places: readonly BlockPlace[];
  /** Hash of the bytes. */
  readonly fingerprint: string;
}

async function scanBlocks(
  records: RecordFile,
  { ports, memoryBytes, limit, decode }: TextRowsOptions & { readonly limit: number },
): Promise<Scan> {
  const rowBytes = bytesPerRow(ports);
  let held: DecodedRows[] | undefined = [];
  const begins: number[] = [];
  const places: BlockPlace[] = [];
  const hash = new Sha256();
  let rows = 0;
  for await (const block of records.blocks()) {
    const { begin, line, bytes } = block;
    hash.update(bytes);
    const decoded = await decode(block, records.file);
    if (decoded.rows === 0) continue;
    begins.push(rows);
    places.push({ begin, line, end: begin + bytes.length });
    rows += decoded.rows;
    held?.push(decoded);
    if (Math.min(rows, limit) * rowBytes > memoryBytes) held = undefined;
    if (rows >= limit) break;
  }
  return {
    rows: Math.min(rows, limit),
    held,
    begins,
    places,
    fingerprint: `sha256:${hash.hex()}`,
  };
}

function joinColumns(
  held: readonly DecodedRows[],
  { ports, rows }: {
    readonly ports: Readonly<Record<string, DataPort>>;
    readonly rows: number;
  },
): MemoryColumns {
  const columns = allocateColumns(ports, rows) as Record<string, Elements>;
  for (const [name, port] of Object.entries(ports)) {
    const width = rowSize(port);
    const all = columns[name]!;
    let at = 0;
    for (const { columns: part } of held) {
      const own = part[name]!;
      all.set(own.subarray(0, Math.min(own.length, all.length - at)), at);
      at += own.length;
      if (at >= rows * width) break;
    }
  }
  return columns;
}

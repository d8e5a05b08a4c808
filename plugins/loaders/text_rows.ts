/**
 * Rows of files of text: passed over once as they are opened, which checks every record, and held in
 * memory where they fit; else read again block by block, as they are wanted.
 *
 * @module
 */
import {
  DataError,
  type DataPort,
  openRecords,
  type RecordBlock,
  type RecordBlockOptions,
  type RecordFile,
  type RowSource,
  Sha256,
  textOfBlock,
} from "../../core/mod.ts";
import { blockRows, bytesPerRow } from "./block_rows.ts";
import { memoryRows } from "./memory_rows.ts";
import { type RowChecks, withInvalid } from "./row_checks.ts";
import { type DecodedRows, joinColumns } from "./table_reader.ts";

/** A file of text, and how its blocks become rows. */
export interface TextRowsOptions extends RecordBlockOptions {
  readonly path: string | URL;
  readonly ports: Readonly<Record<string, DataPort>>;
  /** Most bytes of rows that are kept in memory. */
  readonly memoryBytes: number;
  /** Rows that are wanted at most, the first ones. */
  readonly limit: number | undefined;
  /** What is done with rows that cannot be used. */
  readonly checks: RowChecks;
  /** Reads a block; the first of a file may hold a header. */
  readonly decode: (
    block: RecordBlock,
    file: string,
    checks: RowChecks,
  ) => Promise<DecodedRows> | DecodedRows;
  /** What a file without any row is told. */
  readonly emptyHint: string;
}

/**
 * Opens the rows of a file of text.
 *
 * @throws {DataError} When the file is missing or has no rows, or a record is not as declared.
 */
export async function textRows(options: TextRowsOptions): Promise<RowSource> {
  const { path, ports, memoryBytes, limit = Infinity, emptyHint, checks } = options;
  // small memories are for trying out files larger than they are
  const blockBytes = Math.max(1, Math.min(1 << 20, Math.floor(memoryBytes / 4)));
  const records = await openRecords(path, { blockBytes, ...options });
  try {
    const scan = await scanBlocks(records, { ...options, limit });
    const { rows, held, begins, places, fingerprint } = scan;
    checks.requireFew(records.file);
    if (rows === 0) {
      throw new DataError("Cannot read the file: it has no row of data", {
        file: records.file,
        hint: emptyHint,
      });
    }
    if (held !== undefined) {
      records[Symbol.dispose]();
      return withInvalid(
        memoryRows({ ports, columns: joinColumns(held, { ports, rows }) }),
        checks,
      );
    }
    const again = checks.again();
    const source = blockRows({
      ports,
      rows,
      begins: Uint32Array.from(begins),
      memoryBytes,
      fingerprint: () => fingerprint,
      load: async (block) => {
        const { begin, line, end } = places[block]!;
        const bytes = await records.read(begin, end);
        return (await options.decode({ begin, line, bytes }, records.file, again)).columns;
      },
      close: () => records[Symbol.dispose](),
    });
    return withInvalid(source, checks);
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
  { ports, memoryBytes, limit, checks, decode }: TextRowsOptions & { readonly limit: number },
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
    const decoded = await decode(block, records.file, checks);
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

/** The text of a block, and what tells whether lines of it were no text. */
interface ReadableText {
  readonly text: string;
  /**
   * The fault of a record that begins at a line and ends before the next one's; absent where no line has
   * one.
   */
  readonly damaged?: (line: number, next: number | undefined) => DataError | undefined;
}

/**
 * The text of a block. Where rows may be left out, bytes that are not UTF-8 spoil only the records that
 * have them.
 *
 * @throws {DataError} At the first line that is not UTF-8, where rows may not be left out.
 */
export function readableText(
  block: RecordBlock,
  { file, format, checks, replaces = false }: {
    readonly file: string;
    readonly format: string;
    readonly checks: RowChecks;
    /** Whether bytes that are not UTF-8 become marks, and spoil nothing. */
    readonly replaces?: boolean | undefined;
  },
): ReadableText {
  if (replaces) {
    return { text: new TextDecoder().decode(block.bytes) };
  }
  try {
    return { text: textOfBlock(block, { file, format }) };
  } catch (error) {
    if (!checks.mayDrop) throw error;
  }
  const rows = linesNotUtf8(block);
  return {
    text: new TextDecoder().decode(block.bytes),
    damaged(line, next = Infinity) {
      const row = rows.find((row) => row >= line && row < next);
      return row === undefined ? undefined : new DataError(
        `Cannot read the ${format} file: it is not text in UTF-8`,
        { file, row, reason: "not UTF-8", hint: "save it as UTF-8" },
      );
    },
  };
}

/** Numbers of the lines that are not UTF-8. */
function linesNotUtf8({ bytes, line }: RecordBlock): number[] {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const found: number[] = [];
  for (let begin = 0, row = line; begin < bytes.length; row++) {
    const end = bytes.indexOf(0x0a, begin) + 1 || bytes.length;
    try {
      decoder.decode(bytes.subarray(begin, end));
    } catch {
      found.push(row);
    }
    begin = end;
  }
  return found;
}

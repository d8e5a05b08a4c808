/**
 * Tables to predict from: CSV, JSON lines, lines of text, Parquet and Arrow, read by what loaders read them
 * with, as the cells of columns.
 *
 * @module
 */
import { DataError } from "../errors.ts";
import { formatAmount } from "../format.ts";
import {
  absentKey,
  csvRecords,
  damagedFile,
  isBlankLine,
  type JsonRecord,
  jsonValue,
  openArrow,
  openParquet,
  openRecords,
  parseJsonLine,
  textOfBlock,
  type ValueTable,
} from "../formats/mod.ts";
import { type FileFormat, type KnownFile, mostArrowBytes, separatorOf } from "./file_format.ts";

/** Formats of tables. */
export type TableFormat = Extract<
  FileFormat,
  "csv" | "jsonl" | "text" | "parquet" | "arrow"
>;

/** Some records of a table. */
export interface RecordBatch {
  readonly count: number;
  /** The row of a record in the file, from 1. */
  row(record: number): number;
  /** A cell, by the number of its column among those that are read. */
  cell(record: number, column: number): unknown;
  /** The error to be told instead of that of a cell. */
  explain?(record: number, column: number): DataError | undefined;
}

/** A table of records. */
export interface RecordTable extends Disposable {
  readonly file: string;
  /** Whether its cells are text that is parsed. */
  readonly isText: boolean;
  /** Whether its columns have names. */
  readonly isNamed: boolean;
  /** The columns; numbers from 1 where they have no names, and of JSON lines those of the first. */
  readonly columns: readonly string[];
  /** Reads columns, some records at a time. */
  batches(columns: readonly string[]): AsyncGenerator<RecordBatch>;
}

/**
 * Opens a table.
 *
 * @throws {DataError} When it is damaged, or has no record.
 */
export async function openTable(
  file: string,
  { format, head }: KnownFile & { readonly format: TableFormat },
): Promise<RecordTable> {
  switch (format) {
    case "csv":
      return await openCsv(file, separatorOf(file, head));
    case "jsonl":
      return await openJsonLines(file);
    case "text":
      return openTextLines(file);
    case "parquet":
      return openValues(await openParquet(file));
    case "arrow":
      return openValues(await openArrow(file, { memoryBytes: mostArrowBytes }));
  }
}

/** Records of a CSV file, and the line of each. */
interface CsvBatch {
  readonly records: readonly (readonly string[])[];
  readonly lines: readonly number[];
}

async function* csvBatches(file: string, separator: string): AsyncGenerator<CsvBatch> {
  using records = await openRecords(file, { quoted: true });
  for await (const block of records.blocks()) {
    const text = textOfBlock(block, { file, format: "CSV" });
    yield await csvRecords(text, { separator, line: block.line, file });
  }
}

async function openCsv(file: string, separator: string): Promise<RecordTable> {
  let first: readonly string[] | undefined;
  for await (const { records: [record] } of csvBatches(file, separator)) {
    first = record;
    if (first !== undefined) break;
  }
  const fields = first?.map((field) => field.trim());
  if (fields === undefined) throw noRecords(file);
  const isNamed = fields.some((field) => field !== "" && !isNumber(field));
  const names = isNamed ? fields : fields.map((_, i) => String(i + 1));
  return {
    file,
    isText: true,
    isNamed,
    columns: names,
    async *batches(columns) {
      const positions = columns.map((name) => names.indexOf(name));
      let begin = isNamed ? 1 : 0;
      for await (const { records, lines } of csvBatches(file, separator)) {
        if (records.length === 0) continue;
        const skipped = begin;
        begin = 0;
        yield {
          count: records.length - skipped,
          row: (record) => lines[skipped + record]!,
          cell(record, column) {
            const fields = records[skipped + record]!;
            if (fields.length === names.length) return fields[positions[column]!];
            throw new DataError(
              `Cannot read the CSV file: received ${formatAmount(fields.length, "field")}, ` +
                `expected ${names.length}`,
              {
                file,
                row: lines[skipped + record]!,
                hint: "mend the row; a field that holds the separator is written in quotes",
              },
            );
          },
        };
      }
    },
    [Symbol.dispose]() {},
  };
}

function isNumber(field: string): boolean {
  return field.trim() !== "" && Number.isFinite(Number(field));
}

/** Lines of a file that are not blank, with their rows. */
interface LineBatch {
  readonly lines: readonly string[];
  readonly rows: readonly number[];
}

async function* lineBatches(
  file: string,
  { format, isBlank }: {
    readonly format: string;
    readonly isBlank: (line: string) => boolean;
  },
): AsyncGenerator<LineBatch> {
  using records = await openRecords(file);
  for await (const block of records.blocks()) {
    const all = textOfBlock(block, { file, format }).split("\n");
    const kept = all.flatMap((line, i) => isBlank(line) ? [] : [i]);
    yield {
      lines: kept.map((i) => all[i]!.replace(/\r$/, "")),
      rows: kept.map((i) => block.line + i),
    };
  }
}

async function openJsonLines(file: string): Promise<RecordTable> {
  const batches = () => lineBatches(file, { format: "JSON lines", isBlank: isBlankLine });
  let first: JsonRecord | undefined;
  for await (const { lines: [line], rows: [row] } of batches()) {
    if (line !== undefined) first = parseJsonLine(line, { file, row: row! });
    if (first !== undefined) break;
  }
  if (first === undefined) throw noRecords(file);
  return {
    file,
    isText: false,
    isNamed: true,
    columns: Object.keys(first),
    async *batches(columns) {
      for await (const { lines, rows } of batches()) {
        const objects = lines.map((line, i) => parseJsonLine(line, { file, row: rows[i]! }));
        yield {
          count: objects.length,
          row: (record) => rows[record]!,
          cell: (record, column) => jsonValue(objects[record]!, columns[column]!),
          explain(record, column) {
            const [object, name] = [objects[record]!, columns[column]!];
            return jsonValue(object, name) === undefined
              ? absentKey(object, { file, row: rows[record]!, column: name })
              : undefined;
          },
        };
      }
    },
    [Symbol.dispose]() {},
  };
}

function openTextLines(file: string): RecordTable {
  return {
    file,
    isText: true,
    isNamed: false,
    columns: ["1"],
    async *batches() {
      const isBlank = (line: string) => line.trim() === "";
      for await (const { lines, rows } of lineBatches(file, { format: "text", isBlank })) {
        yield {
          count: lines.length,
          row: (record) => rows[record]!,
          cell: (record) => lines[record]!,
        };
      }
    },
    [Symbol.dispose]() {},
  };
}

function openValues(table: ValueTable): RecordTable {
  return {
    file: table.file,
    isText: false,
    isNamed: true,
    columns: table.columns,
    async *batches(columns) {
      let first = 0;
      for (const [batch, count] of table.counts.entries()) {
        const before = first;
        first += count;
        const values = await readValues(table, { batch, columns });
        yield {
          count,
          row: (record) => before + record + 1,
          cell: (record, column) => values[column]![record],
        };
      }
    },
    [Symbol.dispose]: () => table.close(),
  };
}

async function readValues(
  table: ValueTable,
  { batch, columns }: { readonly batch: number; readonly columns: readonly string[] },
): Promise<readonly ArrayLike<unknown>[]> {
  try {
    const values = await table.read(batch, columns);
    return columns.map((name) => values[name]!);
  } catch (cause) {
    throw damagedFile(table, cause);
  }
}

function noRecords(file: string): DataError {
  return new DataError("Cannot predict: there are no records", { file });
}

/**
 * Reading a CSV file into typed columns, as a stream: the text is never held whole, only the columns
 * that were asked for.
 *
 * Rows in messages are lines of the file, from 1: the header is row 1, blank lines count, and a
 * record whose quoted fields span several lines is named by its first.
 *
 * @module
 */
import { DataError } from "../errors.ts";
import { formatAmount } from "../format.ts";
import {
  type ColumnReader,
  columnReader,
  type CsvColumn,
  type CsvColumnType,
  type CsvValues,
} from "./csv_columns.ts";
import { headerNames, missingColumn } from "./csv_header.ts";
import { csvRecords } from "./csv_records.ts";
import { openRecords, textOfBlock } from "./record_blocks.ts";

export type { CategoryValues, CsvColumn, CsvColumnType, CsvValues } from "./csv_columns.ts";

/** Options of {@linkcode readCsv}. */
export interface ReadCsvOptions<C extends readonly CsvColumn[]> {
  /** The columns to read; others of the file are passed over. */
  readonly columns: C;
  /** Whether the first line names the columns (the default). If not, `columns` names all, in order. */
  readonly header?: boolean;
  /** The character between fields, `","` by default. */
  readonly separator?: string;
  /** Texts that stand for a missing value in columns of numbers and categories. */
  readonly missing?: readonly string[];
  /** Whether a missing value is an error (the default) or NaN, and for a category `""`. */
  readonly onMissing?: "fail" | "nan";
}

/** The columns read from a CSV file, by name. */
export interface CsvTable<C extends readonly CsvColumn[]> {
  /** Number of records. */
  readonly rows: number;
  /** Values by column. */
  readonly columns: { readonly [K in C[number] as K["name"]]: CsvValues[K["type"]] };
}

/** Texts that stand for a missing value unless the options say otherwise. */
export const missingTexts: readonly string[] = ["", "NA", "N/A", "NaN", "nan", "null", "NULL", "?"];

/**
 * Reads columns of a CSV file in UTF-8, with or without a byte-order mark, quoted as in RFC 4180.
 *
 * @throws {DataError} When the file is missing, empty or not UTF-8, a column is not there or there
 * twice, a record has more or fewer fields than the header, or a field is not of its column's type.
 */
export async function readCsv<const C extends readonly CsvColumn[]>(
  path: string | URL,
  options: ReadCsvOptions<C>,
): Promise<CsvTable<C>> {
  const { separator = "," } = options;
  using records = await openRecords(path, { quoted: true });
  const { file } = records;
  const reader = new TableReader(file, options);
  for await (const block of records.blocks()) {
    const { line } = block;
    const text = textOfBlock(block, { file, format: "CSV" });
    const found = await csvRecords(text, { separator, line, file });
    found.records.forEach((record, i) => reader.add(record, found.lines[i]!));
  }
  return { rows: reader.finish(), columns: reader.columns() } as CsvTable<C>;
}

/** Takes records one by one, the header first, and gives each field to its column. */
class TableReader {
  readonly #file: string;
  readonly #wanted: readonly CsvColumn[];
  readonly #readers: readonly ColumnReader[];
  #positions: readonly number[] | undefined;
  #width = 0;
  #rows = 0;

  constructor(file: string, options: ReadCsvOptions<readonly CsvColumn[]>) {
    const { columns, header = true, missing = missingTexts, onMissing = "fail" } = options;
    this.#file = file;
    this.#wanted = columns;
    const rule = { texts: new Set(missing), fails: onMissing === "fail" };
    this.#readers = columns.map((column) => columnReader(column, { file, missing: rule }));
    if (!header) {
      this.#positions = columns.map((_, i) => i);
      this.#width = columns.length;
    }
  }

  add(record: readonly string[], row: number): void {
    if (this.#positions === undefined) return this.#addHeader(record, row);
    if (record.length !== this.#width) {
      throw new DataError(
        `Cannot read the CSV file: received ${formatAmount(record.length, "field")}, ` +
          `expected ${this.#width}`,
        {
          file: this.#file,
          row,
          hint: "mend the row; a field that holds the separator is written in quotes",
        },
      );
    }
    for (let i = 0; i < this.#readers.length; i++) {
      this.#readers[i]!.add(record[this.#positions[i]!]!, row);
    }
    this.#rows++;
  }

  #addHeader(record: readonly string[], row: number): void {
    const place = { file: this.#file, row };
    const names = headerNames(record, place);
    this.#positions = this.#wanted.map(({ name }) => {
      const position = names.indexOf(name);
      if (position < 0) throw missingColumn(name, names, place);
      return position;
    });
    this.#width = names.length;
  }

  finish(): number {
    if (this.#rows === 0) {
      throw new DataError(
        `Cannot read the CSV file: it ${
          this.#positions === undefined ? "is empty" : "has no row of data"
        }`,
        { file: this.#file, hint: "name a file with rows" },
      );
    }
    return this.#rows;
  }

  columns(): Record<string, CsvValues[CsvColumnType]> {
    return Object.fromEntries(
      this.#wanted.map(({ name }, i) => [name, this.#readers[i]!.finish()]),
    );
  }
}

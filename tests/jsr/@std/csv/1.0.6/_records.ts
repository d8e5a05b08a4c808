/**
 * What `parse` and `CsvParseStream` share: csv-parse's options for the original's reading of CSV,
 * and from its records and errors to the original's.
 *
 * @module
 */
import { CsvError, type Info, type Options } from "npm:csv-parse@7.0.3/sync";

/** Options of `parse` and `CsvParseStream`. */
export interface ParseOptions {
  /** Character between fields, `","` by default. */
  separator?: string;
  /** Lines that begin with this character are ignored. */
  comment?: string;
  /** Trims the space before a field. */
  trimLeadingSpace?: boolean;
  /** Allows quotes inside of fields. */
  lazyQuotes?: boolean;
  /** Fields each record must have; 0: as many as the first; negative: any. */
  fieldsPerRecord?: number;
  /** Skips the first row, which gives the names of the columns unless `columns` does. */
  skipFirstRow?: boolean;
  /** Names of the columns. */
  columns?: readonly string[];
}

/** A record by its columns. */
export type RecordWithColumn<C extends string> = string extends C ? Record<string, string>
  : Record<C, string>;

/** What parsing with options of type `T` gives. */
export type ParseResult<Options, T> = T extends
  Options & { columns: readonly (infer C extends string)[] } ? RecordWithColumn<C>[]
  : T extends Options & { skipFirstRow: true } ? Record<string, string>[]
  : T extends Options & { columns?: undefined; skipFirstRow?: false | undefined } ? string[][]
  : Record<string, string>[] | string[][];

/** A record of csv-parse. */
export interface RawRecord {
  readonly record: string[];
  readonly info: Info;
}

/** Options of csv-parse that read as the original does. */
export function rawOptions(options: ParseOptions): Options {
  const { separator = ",", comment } = options;
  if (['"', "\r", "\n", comment].includes(separator) || ['"', "\r", "\n"].includes(comment ?? "")) {
    throw new Error("Cannot parse input: invalid delimiter");
  }
  return {
    bom: true,
    comment: comment ?? null,
    comment_no_infix: true,
    delimiter: separator,
    info: true,
    ltrim: options.trimLeadingSpace ?? false,
    record_delimiter: ["\r\n", "\n"],
    relax_column_count: true,
    relax_quotes: options.lazyQuotes ?? false,
    skip_empty_lines: true,
  };
}

/** Makes the function that turns one raw record after another into a row; none for the header. */
export function rowReader(
  options: ParseOptions,
): (raw: RawRecord) => string[] | Record<string, string> | undefined {
  let fields = options.fieldsPerRecord ?? -1;
  let headers = options.columns;
  let first = true;
  return ({ record, info }) => {
    const line = lineOf(info);
    const row = record.map((field) => field.replaceAll("\r\n", "\n"));
    const isHeader = first && options.skipFirstRow === true;
    if (isHeader) headers ??= row;
    if (first && fields === 0) fields = row.length;
    first = false;
    if (fields > 0 && row.length !== fields) {
      throw new SyntaxError(
        `Syntax error on line ${line}: expected ${fields} fields but got ${row.length}`,
      );
    }
    if (isHeader) return undefined;
    if (headers === undefined) return row;
    if (row.length !== headers.length) {
      throw new Error(
        `Syntax error on line ${line}: The record has ${row.length} fields, ` +
          `but the header has ${headers.length} fields`,
      );
    }
    return Object.fromEntries(headers.map((header, i) => [header, row[i] ?? ""]));
  };
}

/** The original's error for one of csv-parse; any other as it is. */
export function asSyntaxError(error: unknown): unknown {
  if (!(error instanceof CsvError)) return error;
  const info = error as CsvError & Partial<Info>;
  const what = error.code === "INVALID_OPENING_QUOTE"
    ? 'bare " in non-quoted-field'
    : 'extraneous or missing " in quoted-field';
  return new SyntaxError(
    `Syntax error on line ${lineOf(info) + 1}; parse error on line ${info.lines ?? 1}: ${what}`,
    { cause: error },
  );
}

/** The original counts records, blank lines and comments. */
function lineOf({ records = 0, empty_lines = 0, comment_lines = 0 }: Partial<Info>): number {
  return records + empty_lines + comment_lines;
}

/**
 * Stand-in for `@std/csv/parse`, over csv-parse.
 *
 * @module
 */
import { parse as parseRecords } from "npm:csv-parse@7.0.3/sync";
import {
  asSyntaxError,
  type ParseOptions,
  type ParseResult,
  rawOptions,
  type RawRecord,
  rowReader,
} from "./_records.ts";

export type { ParseOptions, ParseResult, RecordWithColumn } from "./_records.ts";

/** Parses CSV text into rows: arrays of text, or records where `columns` or `skipFirstRow` is set. */
export function parse(input: string): string[][];
/** Parses CSV text into rows: arrays of text, or records where `columns` or `skipFirstRow` is set. */
export function parse<const T extends ParseOptions>(
  input: string,
  options: T,
): ParseResult<ParseOptions, T>;
export function parse(input: string, options: ParseOptions = {}): unknown[] {
  try {
    const records = parseRecords(input, rawOptions(options)) as unknown as RawRecord[];
    if (options.skipFirstRow && records.length === 0) {
      throw new TypeError("Cannot parse input: headers must be defined");
    }
    return records.map(rowReader(options)).filter((row) => row !== undefined);
  } catch (error) {
    throw asSyntaxError(error);
  }
}

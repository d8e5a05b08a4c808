/**
 * The records of a stretch of CSV text, with the line that each begins at.
 *
 * @module
 */
import { DataError } from "../errors.ts";

/** Records, and where they are. */
export interface CsvRecords {
  /** The fields of each record; blank lines are none. */
  readonly records: readonly (readonly string[])[];
  /** The line that each record begins at. */
  readonly lines: readonly number[];
}

type Parse = (text: string, options: { readonly separator: string }) => string[][];

let parseQuoted: Parse | undefined;

/** Gets the parser of `@std/csv` ready: what reads no quotes starts sooner without it. */
async function loadParser(): Promise<Parse> {
  return parseQuoted ??= (await import("@std/csv/parse")).parse;
}

/**
 * Takes text apart that begins and ends with records. Text without any quote is cut at line ends and
 * separators, which is what the parser of `@std/csv` would do with it; other text is given to that.
 *
 * @param options.line The line that the text begins with.
 * @throws {DataError} At a misplaced or missing quote.
 */
export async function csvRecords(
  text: string,
  { separator, line, file }: {
    readonly separator: string;
    readonly line: number;
    readonly file: string;
  },
): Promise<CsvRecords> {
  if (!text.includes('"')) return plainRecords(text, separator, line);
  const parse = await loadParser();
  const lines: number[] = [];
  const begins = recordBegins(text, line, lines);
  try {
    return { records: parse(text, { separator }), lines };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new DataError(
      `Cannot read the CSV file: ${error.message.slice(error.message.lastIndexOf(": ") + 2)}`,
      {
        file,
        row: lines[firstFault(text, begins, (record) => parse(record, { separator }))]!,
        cause: error,
        hint: 'a field with a quote in it is written in quotes, with the quote doubled: "5"" disk"',
      },
    );
  }
}

function plainRecords(text: string, separator: string, line: number): CsvRecords {
  const records: string[][] = [];
  const lines: number[] = [];
  for (let at = 0; at < text.length; line++) {
    const newline = text.indexOf("\n", at);
    const next = newline < 0 ? text.length : newline + 1;
    let end = newline < 0 ? text.length : newline;
    if (text.charCodeAt(end - 1) === 13 && end > at) end--;
    if (end > at) {
      records.push(text.slice(at, end).split(separator));
      lines.push(line);
    }
    at = next;
  }
  return { records, lines };
}

/** Where records begin in a text; the lines of them are added to `lines`. */
function recordBegins(text: string, line: number, lines: number[]): number[] {
  const begins: number[] = [];
  let isQuoted = false;
  let isBlank = true;
  let quote = text.indexOf('"');
  for (let at = 0; at < text.length;) {
    const newline = text.indexOf("\n", at);
    const end = newline < 0 ? text.length : newline;
    if (isBlank) {
      const begin = at;
      while (at < end && text[at] === "\r") at++;
      if (at < end) {
        begins.push(begin);
        lines.push(line);
        isBlank = false;
      }
    }
    while (quote >= 0 && quote < end) {
      isQuoted = !isQuoted;
      quote = text.indexOf('"', quote + 1);
    }
    if (newline >= 0) {
      line++;
      isBlank = !isQuoted;
    }
    at = end + 1;
  }
  return begins;
}

/** The first record that cannot be parsed by itself. */
function firstFault(
  text: string,
  begins: readonly number[],
  parse: (record: string) => unknown,
): number {
  for (let i = 0; i < begins.length; i++) {
    try {
      parse(text.slice(begins[i], begins[i + 1]));
    } catch {
      return i;
    }
  }
  return begins.length - 1;
}

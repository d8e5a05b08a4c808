/**
 * The records of a stretch of CSV text, with the line that each begins at.
 *
 * @module
 */
import { DataError } from "../errors.ts";
import { PlainRecords } from "./csv_plain.ts";

/** Records, and where they are. */
export interface CsvRecords {
  /** The fields of each record; blank lines are none. */
  readonly records: readonly (readonly string[])[];
  /** The line that each record begins at. */
  readonly lines: readonly number[];
  /** What is wrong with records whose quotes are misplaced, by their number: they are empty. */
  readonly faults?: ReadonlyMap<number, DataError>;
  /** The records by their places, where no field is quoted. */
  readonly plain?: PlainRecords;
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
 * @param options.bytes The text in UTF-8, if that is there already; with a byte-order mark or without.
 * @param options.keepFaults Whether misplaced quotes are given as `faults`.
 * @throws {DataError} At a misplaced or missing quote, unless faults are kept.
 */
export async function csvRecords(
  text: string,
  { separator, line, bytes, file, keepFaults = false }: {
    readonly separator: string;
    readonly line: number;
    readonly bytes?: Uint8Array;
    readonly file: string;
    readonly keepFaults?: boolean;
  },
): Promise<CsvRecords> {
  if (!text.includes('"') && separator.charCodeAt(0) < 128) {
    const plain = new PlainRecords(text, {
      bytes: bytes ?? new TextEncoder().encode(text),
      separator,
      line,
    });
    return {
      get records() {
        return plain.records;
      },
      lines: plain.lines,
      plain,
    };
  }
  const parse = await loadParser();
  const lines: number[] = [];
  const begins = recordBegins(text, line, lines);
  try {
    return { records: parse(text, { separator }), lines };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const parseAlone = (record: string) => parse(record, { separator });
    if (keepFaults) return recoverRecords(text, { line, file, parse: parseAlone });
    const fault = firstFault(text, begins, parseAlone);
    throw misplacedQuote(error, { file, row: lines[fault]! });
  }
}

/**
 * Records one by one, where some have misplaced quotes: such a quote may seem to open a field of many
 * lines, so what follows is taken up again at the next line.
 */
function recoverRecords(
  text: string,
  { line, file, parse }: {
    readonly line: number;
    readonly file: string;
    readonly parse: (record: string) => string[][];
  },
): CsvRecords {
  const records: string[][] = [];
  const lines: number[] = [];
  const faults = new Map<number, DataError>();
  const ends = new RecordEnds(text);
  for (let at = 0; at < text.length;) {
    let end = ends.behind(at);
    let passed = ends.lines;
    try {
      const [fields] = isBlank(text, at) ? [] : parse(text.slice(at, end));
      if (fields !== undefined) lines.push(line), records.push(fields);
    } catch (cause) {
      faults.set(records.length, misplacedQuote(cause, { file, row: line }));
      lines.push(line);
      records.push([]);
      end = text.indexOf("\n", at) + 1 || text.length;
      passed = 1;
    }
    at = end;
    line += passed;
  }
  return { records, lines, faults };
}

/** Finds where records end, and no farther than that: behind line ends that are outside of quotes. */
class RecordEnds {
  readonly #text: string;
  /** The first quote at a place or behind it. */
  #quote = -1;
  #place = 0;
  /** Lines of the record that was found last. */
  lines = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** Where the record that begins at a place ends. */
  behind(begin: number): number {
    if (begin < this.#place || this.#quote < begin) this.#seek(begin);
    this.lines = 0;
    let isQuoted = false;
    for (let at = begin;;) {
      this.lines++;
      const newline = this.#text.indexOf("\n", at);
      const end = newline < 0 ? this.#text.length : newline;
      for (; this.#quote < end; this.#seek(this.#quote + 1)) isQuoted = !isQuoted;
      this.#place = end;
      if (newline < 0) return end;
      at = newline + 1;
      if (!isQuoted) return at;
    }
  }

  #seek(at: number): void {
    const quote = this.#text.indexOf('"', at);
    this.#quote = quote < 0 ? Infinity : quote;
  }
}

/** Whether the line that begins at a place holds nothing. */
function isBlank(text: string, begin: number): boolean {
  let at = begin;
  while (text[at] === "\r") at++;
  return at === text.length || text[at] === "\n";
}

function misplacedQuote(
  cause: unknown,
  place: { readonly file: string; readonly row: number },
): DataError {
  const text = cause instanceof Error ? cause.message : String(cause);
  return new DataError(
    `Cannot read the CSV file: ${text.slice(text.lastIndexOf(": ") + 2)}`,
    {
      ...place,
      cause,
      reason: "misplaced quote",
      hint: 'a field with a quote in it is written in quotes, with the quote doubled: "5"" disk"',
    },
  );
}

/** Where records begin in a text; the lines of them are added to `lines`. */
function recordBegins(text: string, line: number, lines: number[]): number[] {
  const begins: number[] = [];
  const ends = new RecordEnds(text);
  for (let at = 0; at < text.length;) {
    const end = ends.behind(at);
    if (!isBlank(text, at)) {
      begins.push(at);
      lines.push(line);
    }
    line += ends.lines;
    at = end;
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

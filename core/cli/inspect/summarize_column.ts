/**
 * A column of data in a few numbers, gathered value by value.
 *
 * @module
 */
import { textOfCell } from "../../execute/mod.ts";
import { missingTexts, parseDecimal } from "../../formats/mod.ts";

/** What a column holds. */
export interface ColumnSummary {
  readonly name: string;
  /**
   * `"number"`, `"whole number"`, `"boolean"`, `"text"`, `"date"`, `"bytes"`, `"record"`, `"list"`, `"list of
   * 2 by 3"` where these are numbers; or several: `"number or text"`.
   */
  readonly type: string;
  /** Values that are there. */
  readonly present: number;
  /** Values that are missing. */
  readonly missing: number;
  /** Number of different values; absent beyond 1,000, and of long texts, lists, bytes and records. */
  readonly distinct: number | undefined;
  /** The values that are most frequent, up to 5; those of text alone. */
  readonly examples: readonly string[];
  /** How often each of them occurs; absent where `distinct` is. */
  readonly counts?: readonly number[];
  /** Of numbers alone: the smallest. */
  readonly min?: number;
  /** The largest. */
  readonly max?: number;
  /** Their mean. */
  readonly mean?: number;
  /** Their standard deviation, of all of them: divided by their number. */
  readonly std?: number;
  /** Of dates alone: the first, by ISO 8601. */
  readonly earliest?: string;
  /** The last. */
  readonly latest?: string;
  /** Most bytes of a text, in UTF-8, as which dates are loaded, too. */
  readonly longestBytes: number;
  /** Shape of lists of numbers, where all have the same. */
  readonly shape?: readonly number[];
  /** All values, where they are few: the classes that the column may stand for. */
  readonly values?: readonly string[];
}

const mostDistinct = 1000;
/** Letters of values that are told apart: beyond, they count as more than a thousand. */
const mostLetters = 1 << 20;
const longestExample = 40;
const mostClasses = 100;

/** Gathers what is known of a column. */
export class ColumnSummarizer {
  readonly #name: string;
  readonly #isText: boolean;
  readonly #absent = new Set(missingTexts);
  readonly #counts = new Map<string, number>();
  readonly #kinds = new Set<string>();
  #letters = 0;
  #isMany = false;
  #seen: number;
  #missing: number;
  #numbers = 0;
  #mean = 0;
  #squares = 0;
  #min = Infinity;
  #max = -Infinity;
  #isWhole = true;
  #longest = 0;
  #earliest = Infinity;
  #latest = -Infinity;
  #shape: readonly number[] | undefined;

  /**
   * Begins.
   *
   * @param options.isText Whether values are text that may stand for numbers, as in CSV.
   * @param options.rowsBefore Rows that had no such column.
   */
  constructor(
    name: string,
    { isText = false, rowsBefore = 0 }: {
      readonly isText?: boolean;
      readonly rowsBefore?: number;
    } = {},
  ) {
    this.#name = name;
    this.#isText = isText;
    this.#seen = rowsBefore;
    this.#missing = rowsBefore;
  }

  /** Takes the next value. */
  add(value: unknown): void {
    this.#seen++;
    const text = typeof value === "string" ? value.trim() : undefined;
    const isAbsent = value === null || value === undefined || Number.isNaN(value) ||
      this.#isText && this.#absent.has(text ?? "");
    if (isAbsent) {
      this.#missing++;
      return;
    }
    const number = typeof value === "number" ? value : this.#isText ? parseDecimal(text!) : NaN;
    if (Number.isFinite(number)) this.#addNumber(number);
    else this.#addOther(value);
    if (value instanceof Date) this.#count(textOfCell(value) ?? "no date");
    else if (typeof value !== "object") this.#count(text ?? String(value));
  }

  #addNumber(number: number): void {
    this.#kinds.add("number");
    this.#numbers++;
    // Welford: no sum grows beyond what a double holds exactly
    const delta = number - this.#mean;
    this.#mean += delta / this.#numbers;
    this.#squares += delta * (number - this.#mean);
    if (number < this.#min) this.#min = number;
    if (number > this.#max) this.#max = number;
    this.#isWhole &&= Number.isInteger(number);
  }

  #addOther(value: unknown): void {
    if (Array.isArray(value)) {
      const shape = shapeOf(value);
      const isLike = !this.#kinds.has("list") || String(this.#shape) === String(shape);
      this.#shape = isLike ? shape : undefined;
      this.#kinds.add("list");
      return;
    }
    if (value instanceof Date) {
      const time = value.getTime();
      this.#kinds.add(Number.isNaN(time) ? "no date" : "date");
      this.#earliest = Math.min(this.#earliest, time);
      this.#latest = Math.max(this.#latest, time);
    } else if (value instanceof Uint8Array) this.#kinds.add("bytes");
    else this.#kinds.add(kindsOfTypes[typeof value] ?? "other");
    const text = value instanceof Date ? textOfCell(value) : value;
    if (typeof text === "string" && text.length * 3 > this.#longest) {
      this.#longest = Math.max(this.#longest, bytesOf(text));
    }
  }

  #count(text: string): void {
    if (this.#isMany) return;
    const known = this.#counts.get(text);
    if (known === undefined) this.#letters += text.length;
    this.#counts.set(text, (known ?? 0) + 1);
    if (this.#counts.size <= mostDistinct && this.#letters <= mostLetters) return;
    this.#isMany = true;
    // what was seen most often so far still serves as an example
    const kept = this.#frequent(5);
    this.#counts.clear();
    for (const [text] of kept) this.#counts.set(text.slice(0, longestExample + 1), 1);
  }

  #frequent(most: number): (readonly [text: string, count: number])[] {
    return [...this.#counts].toSorted(([, a], [, b]) => b - a).slice(0, most);
  }

  /** What was found in `rows` rows. */
  finish(rows: number): ColumnSummary {
    const missing = this.#missing + Math.max(0, rows - this.#seen);
    const kinds = [...this.#kinds];
    const isNumber = kinds.length === 1 && kinds[0] === "number";
    const isDate = kinds.length === 1 && kinds[0] === "date";
    const isCompound = compounds.some((kind) => this.#kinds.has(kind));
    const type = isNumber && this.#isWhole
      ? "whole number"
      : kinds.length === 0
      ? "nothing"
      : kinds.sort().join(" or ");
    const shape = type === "list" ? this.#shape : undefined;
    const frequent = isNumber || isDate || isCompound ? [] : this.#frequent(5);
    const examples = frequent.map(([text]) =>
      text.length > longestExample ? `${text.slice(0, longestExample)}…` : text
    );
    const values = [...this.#counts.keys()];
    return {
      name: this.#name,
      type: shape === undefined ? type : `list of ${shape.join(" by ")}`,
      present: Math.max(0, rows - missing),
      missing,
      distinct: this.#isMany || isCompound ? undefined : this.#counts.size,
      examples,
      ...(this.#isMany ? {} : { counts: frequent.map(([, count]) => count) }),
      longestBytes: this.#longest,
      ...(isNumber
        ? {
          min: this.#min,
          max: this.#max,
          mean: this.#mean,
          std: Math.sqrt(this.#squares / this.#numbers),
        }
        : {}),
      ...(isDate
        ? {
          earliest: new Date(this.#earliest).toISOString(),
          latest: new Date(this.#latest).toISOString(),
        }
        : {}),
      ...(shape === undefined ? {} : { shape }),
      ...(this.#isMany || isCompound || values.length > mostClasses ? {} : {
        values: isNumber ? values.toSorted((a, b) => Number(a) - Number(b)) : values.toSorted(),
      }),
    };
  }
}

/** What values are called that are neither numbers nor made of parts. */
const kindsOfTypes: Readonly<Record<string, string>> = {
  string: "text",
  boolean: "boolean",
  object: "record",
  // JSON knows none that are not finite, files of columns do
  number: "infinite number",
};

/** Kinds of values that are made of parts, which are not told apart. */
const compounds = ["list", "bytes", "record"];

/** The shape of a list of numbers, nested for several axes; `undefined` where it has none. */
function shapeOf(list: readonly unknown[]): readonly number[] | undefined {
  if (list.length === 0) return undefined;
  if (!list.some(Array.isArray)) {
    return list.every((item) => isNumberLike(item)) ? [list.length] : undefined;
  }
  const shapes = list.map((item) => Array.isArray(item) ? shapeOf(item) : undefined);
  const first = shapes[0];
  return first !== undefined && shapes.every((shape) => String(shape) === String(first))
    ? [list.length, ...first]
    : undefined;
}

function isNumberLike(item: unknown): boolean {
  return Number.isFinite(item) || typeof item === "boolean";
}

/** Bytes of a text in UTF-8; half a surrogate pair counts as what is written for it. */
function bytesOf(text: string): number {
  let bytes = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x80) bytes++;
    else if (code < 0x800) bytes += 2;
    else if (code >= 0xd800 && code < 0xdc00 && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00) {
      bytes += 4;
      i++;
    } else bytes += 3;
  }
  return bytes;
}

/**
 * The records of CSV text without quotes: bytes are passed over once, which tells where fields end, and
 * what those are that are numbers. Fields are made texts when they are asked for.
 *
 * @module
 */
import { decimalOf } from "./decimal.ts";

/** Records of text in which no field is quoted, by their places. */
export class PlainRecords {
  /** The line that each record begins at. */
  readonly lines: readonly number[];
  readonly #bytes: Uint8Array;
  /** The text, where each of its characters is a byte. */
  readonly #text: string | undefined;
  readonly #begin: number;
  readonly #index: FieldIndex;
  #records: readonly (readonly string[])[] | undefined;

  /**
   * Looks for records.
   *
   * @param options.bytes The text in UTF-8; a byte-order mark that the text lacks is passed over.
   * @param options.separator One character of ASCII.
   */
  constructor(
    text: string,
    { bytes, separator, line }: {
      readonly bytes: Uint8Array;
      readonly separator: string;
      readonly line: number;
    },
  ) {
    const isMarked = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf &&
      text.charCodeAt(0) !== 0xfeff;
    this.#begin = isMarked ? 3 : 0;
    this.#bytes = bytes;
    this.#text = text.length === bytes.length ? text : undefined;
    this.#index = indexFields(bytes, { begin: this.#begin, separator: separator.charCodeAt(0) });
    this.lines = this.#index.lines.map((number) => line + number);
  }

  /** All fields of all records. */
  get records(): readonly (readonly string[])[] {
    return this.#records ??= this.lines.map((_, record) => this.fields(record));
  }

  /** All fields of a record. */
  fields(record: number): string[] {
    return Array.from(
      { length: this.width(record) },
      (_, position) => this.field(record, position),
    );
  }

  /** Number of fields of a record. */
  width(record: number): number {
    const { firsts } = this.#index;
    return firsts[record + 1]! - firsts[record]!;
  }

  /** A field as it is written. */
  field(record: number, position: number): string {
    const { firsts, begins, ends } = this.#index;
    const [begin, end] = [begins[firsts[record]! + position]!, ends[firsts[record]! + position]!];
    return this.#text?.slice(begin, end) ?? decoder.decode(this.#bytes.subarray(begin, end));
  }

  /** A field as a number; NaN where it is none, or one that takes more care to read. */
  number(record: number, position: number): number {
    const { firsts, numbers } = this.#index;
    return numbers[firsts[record]! + position]!;
  }
}

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Where fields are. */
interface FieldIndex {
  /** First byte of each field. */
  readonly begins: Int32Array;
  /** The byte behind each. */
  readonly ends: Int32Array;
  /** Fields as numbers. */
  readonly numbers: Float64Array;
  /** The first field of each record, and behind the last one the number of fields. */
  readonly firsts: readonly number[];
  /** The line of each record, from 0. */
  readonly lines: readonly number[];
}

const [lineFeed, carriageReturn, point, plus, minus, zero] = [10, 13, 46, 43, 45, 48];

/** Cuts bytes at line ends and separators; blank lines are no records. */
function indexFields(
  bytes: Uint8Array,
  { begin, separator }: { readonly begin: number; readonly separator: number },
): FieldIndex {
  const { length } = bytes;
  const isOfNumbers = separator >= zero && separator <= zero + 9 || separator === point ||
    separator === plus || separator === minus;
  let room = 1024 + (length >> 2);
  let [begins, ends, numbers] = [
    new Int32Array(room),
    new Int32Array(room),
    new Float64Array(room),
  ];
  const firsts: number[] = [];
  const lines: number[] = [];
  let count = 0;
  let line = -1;
  for (let at = begin; at < length;) {
    line++;
    if (bytes[at] === lineFeed) {
      at++;
      continue;
    }
    if (bytes[at] === carriageReturn && (at + 1 === length || bytes[at + 1] === lineFeed)) {
      at += 2;
      continue;
    }
    firsts.push(count);
    lines.push(line);
    for (let isEnd = false; !isEnd; count++) {
      if (count === room) {
        room *= 2;
        begins = grown(begins, new Int32Array(room));
        ends = grown(ends, new Int32Array(room));
        numbers = grown(numbers, new Float64Array(room));
      }
      begins[count] = at;
      let mantissa = 0;
      let digits = 0;
      let pointAt = -1;
      const isNegative = bytes[at] === minus;
      if (!isOfNumbers) {
        if (isNegative || bytes[at] === plus) at++;
        for (; at < length; at++) {
          const digit = bytes[at]! - zero;
          if (digit >= 0 && digit <= 9) {
            mantissa = mantissa * 10 + digit;
            digits++;
          } else if (digit === point - zero && pointAt < 0) pointAt = digits;
          else break;
        }
      }
      const numberEnd = at;
      while (at < length && bytes[at] !== separator && bytes[at] !== lineFeed) at++;
      isEnd = at >= length || bytes[at] === lineFeed;
      const end = isEnd && at > begins[count]! && bytes[at - 1] === carriageReturn ? at - 1 : at;
      ends[count] = end;
      const isNumber = end === numberEnd && !isOfNumbers;
      numbers[count] = isNumber ? decimalOf({ mantissa, digits, pointAt, isNegative }) : NaN;
      at++;
    }
  }
  firsts.push(count);
  return { begins, ends, numbers, firsts, lines };
}

function grown<A extends Int32Array | Float64Array>(full: A, larger: A): A {
  larger.set(full);
  return larger;
}

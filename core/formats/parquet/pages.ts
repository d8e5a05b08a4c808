/**
 * Checks the pages of a column of a Parquet file before `hyparquet` decodes them, which takes their
 * counts and lengths for granted: a damaged run of two thousand million values would be decoded, or
 * kept. Pages are laid out anew: decompressed, checked, with headers of what is needed.
 *
 * Source: Parquet format 2.11, "Data Pages" and "Encodings"
 *
 * @module
 */
import { deltaHeader, sumOfLengths, varint } from "./deltas.ts";
import { thriftBytes, ThriftReader, type ThriftStruct } from "./thrift.ts";

/** Decompresses a page, of which the length afterwards is known. */
export type Decompress = (bytes: Uint8Array, length: number) => Uint8Array;

/** What a column's pages are checked against. */
export interface PageRules {
  /** How often a value of the column may be repeated and missing within the others that hold it. */
  readonly levels: { readonly repetition: number; readonly definition: number };
  /** Number of values that there may be, missing ones with them. */
  readonly values: number;
  readonly isBoolean: boolean;
  /** `null` where pages are not compressed. */
  readonly decompress: Decompress | null;
}

const pageKinds = { data: 0, index: 1, dictionary: 2, dataV2: 3 } as const;
const encodings = {
  plainDictionary: 2,
  rle: 3,
  delta: 5,
  deltaLengths: 6,
  deltaTexts: 7,
  rleDictionary: 8,
};

/** No page is larger: writers begin a new one after some megabytes. */
const maxPageBytes = 1 << 30;
/** Writers may fill up the last run of a page. */
const runSlack = 1024;
/** Texts that share their beginnings are written in little: no page of them comes to more. */
const maxTextBytes = 1 << 28;

/**
 * Lays out the pages of a column anew: not compressed, and safe to be decoded.
 *
 * @param bytes The column's pages as they are in the file.
 * @throws {RangeError} When a page claims what it or the column has no room for.
 */
export function checkedPages(bytes: Uint8Array, rules: PageRules): Uint8Array[] {
  const reader = new ThriftReader(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  const parts: Uint8Array[] = [];
  let left = rules.values;
  // a byte behind the last page is none, as some writers leave
  while (left > 0 && reader.at < bytes.length - 1) {
    const header = reader.struct();
    const [size, length] = [count(header[3]), count(header[2])];
    const page = bytes.subarray(reader.at, reader.at + size);
    if (page.length < size) {
      throw new RangeError(`a page claims ${size} bytes of the column's ${bytes.length}`);
    }
    if (length > maxPageBytes) throw new RangeError(`a page claims to hold ${length} bytes`);
    reader.at += size;
    const laidOut = layOut(header, { page, length, most: left, rules });
    if (laidOut === null) continue;
    left -= laidOut.values;
    parts.push(Uint8Array.from(thriftBytes(laidOut.header)), laidOut.page);
  }
  return parts;
}

interface LaidOutPage {
  readonly header: ThriftStruct;
  readonly page: Uint8Array;
  /** Number of its values that count to the column's. */
  readonly values: number;
}

function layOut(
  header: ThriftStruct,
  { page, length, most, rules }: {
    readonly page: Uint8Array;
    readonly length: number;
    readonly most: number;
    readonly rules: PageRules;
  },
): LaidOutPage | null {
  const { decompress } = rules;
  const whole = (bytes: Uint8Array, length: number) => {
    const all = decompress === null ? bytes : decompress(bytes, length);
    if (all.length === length) return all;
    throw new RangeError(`a page holds ${all.length} bytes, and claims ${length}`);
  };
  const sizes = { 1: header[1], 2: length, 3: length };
  if (header[1] === pageKinds.dictionary) {
    const dictionary = structOf(header[7]);
    const values = count(dictionary[1]);
    if (values > 8 * length) throw tooMany(values, 8 * length);
    return { header: { ...sizes, 7: dictionary }, page: whole(page, length), values: 0 };
  }
  if (header[1] === pageKinds.index) return null;
  if (header[1] === pageKinds.data) {
    const { 1: number, 2: encoding, 3: definition, 4: repetition } = structOf(header[5]);
    const values = count(number);
    if (values > most) throw tooMany(values, most);
    const all = whole(page, length);
    verifyPage(all, { values, encoding: count(encoding), rules });
    const kept = { 1: values, 2: encoding, 3: definition, 4: repetition };
    return { header: { ...sizes, 5: kept }, page: all, values };
  }
  if (header[1] !== pageKinds.dataV2) throw new RangeError(`a page is of kind ${header[1]}`);
  const fields = structOf(header[8]);
  const [values, nulls, rows] = [count(fields[1]), count(fields[2]), count(fields[3])];
  const [definition, repetition] = [count(fields[5]), count(fields[6])];
  if (values > most) throw tooMany(values, most);
  if (nulls > values || rows > values) throw tooMany(Math.max(nulls, rows), values);
  const begin = definition + repetition;
  if (begin > Math.min(page.length, length)) {
    throw new RangeError(`a page claims ${begin} bytes of levels in ${page.length}`);
  }
  const packed = page.subarray(begin);
  const held = fields[7] === false ? packed : whole(packed, length - begin);
  verifyValues(held, { values, encoding: count(fields[4]), rules });
  const kept = {
    1: values,
    2: nulls,
    3: rows,
    4: fields[4],
    5: definition,
    6: repetition,
    7: false,
  };
  const all = new Uint8Array(begin + held.length);
  all.set(page.subarray(0, begin));
  all.set(held, begin);
  // levels that end too early would be taken from the values behind them
  const { levels } = rules;
  if (levels.repetition > 0) verifyRuns(all, { width: bitsOf(levels.repetition), values });
  if (levels.definition > 0) {
    verifyRuns(all.subarray(repetition), { width: bitsOf(levels.definition), values });
  }
  return { header: { 1: header[1], 2: all.length, 3: all.length, 8: kept }, page: all, values };
}

interface PageValues {
  readonly values: number;
  readonly encoding: number;
  readonly rules: PageRules;
}

/** Checks a page that begins with its levels, each with its length in front. */
function verifyPage(page: Uint8Array, { values, encoding, rules }: PageValues): void {
  let at = 0;
  for (const level of [rules.levels.repetition, rules.levels.definition]) {
    if (level > 0) at = verifyLengthAndRuns(page, { at, width: bitsOf(level), values });
  }
  verifyValues(page.subarray(at), { values, encoding, rules });
}

/** Gives where the runs end. */
function verifyLengthAndRuns(
  page: Uint8Array,
  { at, width, values }: { readonly at: number; readonly width: number; readonly values: number },
): number {
  const view = new DataView(page.buffer, page.byteOffset, page.byteLength);
  const end = at + 4 + view.getUint32(at, true);
  if (end > page.length) throw new RangeError(`runs end at byte ${end} of a page's ${page.length}`);
  verifyRuns(page.subarray(at + 4), { width, values });
  return end;
}

function verifyValues(bytes: Uint8Array, { values, encoding, rules }: PageValues): void {
  if (values === 0) return;
  const isDictionary = encoding === encodings.plainDictionary ||
    encoding === encodings.rleDictionary;
  if (rules.isBoolean ? isDictionary : encoding === encodings.rle) {
    throw new RangeError(`a page has encoding ${encoding}, which its values cannot have`);
  }
  if (encoding === encodings.rle) verifyLengthAndRuns(bytes, { at: 0, width: 1, values });
  if (isDictionary && bytes.length > 0) {
    if (bytes[0]! > 32) throw new RangeError(`a page has indices of ${bytes[0]} bits`);
    verifyRuns(bytes.subarray(1), { width: bytes[0]!, values });
  }
  const isDelta = encoding >= encodings.delta && encoding <= encodings.deltaTexts;
  if (!isDelta) return;
  const cursor = { at: 0 };
  if (encoding !== encodings.deltaTexts) {
    deltaHeader(bytes, cursor);
    return;
  }
  // of each text, the bytes that the one before has, then those of its own
  const length = sumOfLengths(bytes, cursor, values) + sumOfLengths(bytes, cursor, values);
  if (length > maxTextBytes) throw new RangeError(`a page claims ${length} bytes of text`);
}

/** Checks runs of equal values and of packed bits: none may hold more values than the page. */
function verifyRuns(
  bytes: Uint8Array,
  { width, values }: { readonly width: number; readonly values: number },
): void {
  const cursor = { at: 0 };
  for (let seen = 0; seen < values && cursor.at < bytes.length;) {
    const header = varint(bytes, cursor);
    const isPacked = header % 2 === 1;
    const held = isPacked ? 8 * Math.floor(header / 2) : header / 2;
    if (held > values + runSlack) throw tooMany(held, values);
    seen += held;
    cursor.at += isPacked ? held * width / 8 : Math.ceil(width / 8);
  }
}

function bitsOf(level: number): number {
  return 32 - Math.clz32(level);
}

function count(field: ThriftStruct[number]): number {
  if (typeof field === "number" && field >= 0) return field;
  throw new RangeError(`the header of a page has ${field} for a number`);
}

function structOf(field: ThriftStruct[number]): ThriftStruct {
  if (typeof field === "object") return field;
  throw new RangeError("the header of a page lacks what it is the header of");
}

function tooMany(values: number, most: number): RangeError {
  return new RangeError(`a page claims ${values} values where there is room for ${most}`);
}

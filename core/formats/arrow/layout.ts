/**
 * Checks Arrow files and streams before `apache-arrow` reads them, which trusts what they say: every
 * schema, batch and buffer must lie within the bytes.
 *
 * Source: Arrow columnar format 1.5, "Serialization and Interprocess Communication"
 *
 * @module
 */
import { notCompressed, prefixBytes } from "./compression.ts";
import { type FlatTable, type TableLayout, verifyFlatBuffer } from "./flat_buffer.ts";

/** Kinds of messages. */
const kinds = { schema: 1, dictionaryBatch: 2, recordBatch: 3 } as const;
/** Kinds of types that hold more than numbers. */
const types = { timestamp: 10, union: 14 } as const;

const keyValue: TableLayout = () => ({ 0: "string", 1: "string" });
const pairs = { vector: { table: keyValue } } as const;
const numbers: TableLayout = () => ({});

const field: TableLayout = (table) => ({
  0: "string",
  3: { table: typeOf(table.byte(2)) },
  4: { table: () => ({ 0: 8, 1: { table: numbers } }) },
  5: { vector: { table: field } },
  6: pairs,
});

function typeOf(kind: number): TableLayout {
  if (kind === types.timestamp) return () => ({ 1: "string" });
  if (kind === types.union) return () => ({ 1: { vector: 4 } });
  return numbers;
}

const schema: TableLayout = () => ({ 1: { vector: { table: field } }, 2: pairs, 3: { vector: 8 } });

const recordBatch: TableLayout = () => ({
  0: 8,
  1: { vector: 16 },
  2: { vector: 16 },
  3: { table: numbers },
  4: { vector: 8 },
});

const dictionaryBatch: TableLayout = () => ({ 0: 8, 1: { table: recordBatch } });

const headers: Readonly<Record<number, TableLayout>> = {
  [kinds.schema]: schema,
  [kinds.dictionaryBatch]: dictionaryBatch,
  [kinds.recordBatch]: recordBatch,
};

const message: TableLayout = (table) => ({
  2: { table: headers[table.byte(1)] ?? numbers },
  3: 8,
  4: pairs,
});

const footer: TableLayout = () => ({
  1: { table: schema },
  2: { vector: 24 },
  3: { vector: 24 },
  4: pairs,
});

const magic = "ARROW1";
/** In front of a message, since Arrow 0.15. */
const continuation = -1;

/** What a file or stream holds. */
export interface ArrowContents {
  /** Bytes of its columns, decompressed. */
  readonly bytes: number;
  readonly isCompressed: boolean;
}

/**
 * Checks all that a file or stream says of itself.
 *
 * @throws {RangeError} When something lies outside of it, or counts more than it has room for.
 */
export function verifyArrow(bytes: Uint8Array): ArrowContents {
  const batches = textAt(bytes, 0) === magic ? fileBatches(bytes) : streamBatches(bytes);
  return {
    bytes: batches.reduce((sum, { bytes }) => sum + bytes, 0),
    isCompressed: batches.some(({ isCompressed }) => isCompressed),
  };
}

function fileBatches(bytes: Uint8Array): ArrowContents[] {
  const view = viewOf(bytes, 0, bytes.length);
  const end = bytes.length - magic.length - 4;
  if (end < 0 || textAt(bytes, end + 4) !== magic) throw new RangeError("it is cut off");
  const size = view.getInt32(end, true);
  if (size <= 0 || size > end) {
    throw new RangeError(`its footer claims ${size} bytes of the file's ${bytes.length}`);
  }
  const root = verifyFlatBuffer(viewOf(bytes, end - size, size), footer);
  const blocksOf = (vector: number) => {
    const { begin, count } = root.vector(vector);
    return Array.from(
      { length: count },
      (_, i) => Number(view.getBigInt64(end - size + begin + 24 * i, true)),
    );
  };
  return [
    ...blocksOf(2).map((at) => batchOf(verifyMessage(bytes, at), kinds.dictionaryBatch)),
    ...blocksOf(3).map((at) => batchOf(verifyMessage(bytes, at), kinds.recordBatch)),
  ];
}

/** Looking for a batch where there is something else, the library would look again and again. */
function batchOf(found: Message | undefined, kind: number): ArrowContents {
  if (found?.kind !== kind) throw new RangeError("its footer points to what is no batch");
  return found.batch!;
}

function streamBatches(bytes: Uint8Array): ArrowContents[] {
  const batches: ArrowContents[] = [];
  for (let at = 0; at < bytes.length;) {
    const found = verifyMessage(bytes, at);
    if (at === 0 && found?.kind !== kinds.schema) {
      throw new RangeError("it begins with no schema");
    }
    if (found === undefined) break;
    if (found.batch !== undefined) batches.push(found.batch);
    at = found.end;
  }
  return batches;
}

interface Message {
  readonly kind: number;
  /** Where its body ends. */
  readonly end: number;
  /** What it holds of columns, if anything. */
  readonly batch?: ArrowContents;
}

/** Checks a message and its body; `undefined` at the end of a stream. */
function verifyMessage(bytes: Uint8Array, at: number): Message | undefined {
  const view = viewOf(bytes, 0, bytes.length);
  let size = view.getInt32(at, true);
  let begin = at + 4;
  if (size === continuation) {
    size = view.getInt32(begin, true);
    begin += 4;
  }
  if (size === 0) return undefined;
  if (size < 0 || begin + size > bytes.length) {
    throw new RangeError(`a message claims ${size} bytes of the file's ${bytes.length}`);
  }
  const head = viewOf(bytes, begin, size);
  const root = verifyFlatBuffer(head, message);
  const kind = root.byte(1);
  if (headers[kind] === undefined) throw new RangeError(`it has a message of kind ${kind}`);
  const header = root.table(2);
  if (header === undefined) throw new RangeError("a message has no header");
  if (kind === kinds.schema) return { kind, end: begin + size };
  const body = root.number(3);
  if (!(body >= 0 && begin + size + body <= bytes.length)) {
    throw new RangeError(`a batch claims ${body} bytes of the file's ${bytes.length}`);
  }
  const batch = kind === kinds.recordBatch ? header : header.table(1);
  if (batch === undefined) throw new RangeError("a dictionary has no batch");
  const held = verifyBatch(batch, { head, body: viewOf(bytes, begin + size, body) });
  return { kind, end: begin + size + body, batch: held };
}

/** Checks a batch, of which `head` has the lengths and `body` the buffers. */
function verifyBatch(
  batch: FlatTable,
  { head, body }: { readonly head: DataView; readonly body: DataView },
): ArrowContents {
  const pairsOf = (vector: number) => {
    const { begin, count } = batch.vector(vector);
    return Array.from(
      { length: count },
      (_, i) => [0, 8].map((at) => Number(head.getBigInt64(begin + 16 * i + at, true))),
    );
  };
  const isCompressed = batch.at(3) !== undefined;
  const bytes = pairsOf(2).reduce((sum, [offset, length]) => {
    if (!(offset! >= 0 && length! >= 0 && offset! + length! <= body.byteLength)) {
      throw new RangeError(
        `a buffer claims bytes ${offset} to ${offset! + length!} of ${body.byteLength}`,
      );
    }
    return sum + (isCompressed ? decompressedLength(body, offset!, length!) : length!);
  }, 0);
  // a value takes a bit at least
  const size = Math.max(bytes, head.buffer.byteLength);
  const most = 8 * size;
  const rows = batch.number(0);
  if (!(rows >= 0 && rows <= most)) {
    throw new RangeError(`a batch claims ${rows} rows in ${size} bytes`);
  }
  for (const [length, nulls] of pairsOf(1)) {
    if (length! >= 0 && length! <= most && nulls! <= length!) continue;
    throw new RangeError(`a column claims ${length} values, ${nulls} missing, in ${size} bytes`);
  }
  return { bytes, isCompressed };
}

/** How many bytes a compressed buffer becomes, as is said in front of it. */
function decompressedLength(body: DataView, offset: number, length: number): number {
  if (length === 0) return 0;
  if (length < prefixBytes) throw new RangeError(`a compressed buffer has ${length} bytes`);
  const claimed = Number(body.getBigInt64(offset, true));
  if (claimed === notCompressed) return length - prefixBytes;
  if (claimed < 0) throw new RangeError(`a compressed buffer claims to hold ${claimed} bytes`);
  return claimed;
}

function textAt(bytes: Uint8Array, at: number): string {
  return new TextDecoder("latin1").decode(bytes.subarray(at, at + magic.length));
}

function viewOf(bytes: Uint8Array, begin: number, size: number): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset + begin, size);
}

/**
 * Tables in Arrow files (also called Feather, version 2) and streams, read by `apache-arrow`, once their
 * layout is checked.
 *
 * @module
 */
import { DataError } from "../../errors.ts";
import { importPackage } from "../optional_package.ts";
import { openBytes } from "../read_bytes.ts";
import { damagedFile, type ValueColumn, type ValueTable } from "../value_table.ts";
import { type CompressionRegistry, registerCompression } from "./compression.ts";
import { verifyArrow } from "./layout.ts";
import { type ArrowType, valueMaker } from "./values.ts";

interface ArrowVector {
  readonly length: number;
  readonly nullCount: number;
  readonly type: ArrowType;
  /** Its values in parts: of a batch, in one. */
  readonly data: readonly { readonly nullBitmap?: Uint8Array }[];
  get(row: number): unknown;
  toArray(): ArrayLike<unknown>;
}

interface RecordBatch {
  readonly numRows: number;
  getChild(name: string): ArrowVector | null;
}

interface RecordBatchReader {
  readonly schema: { readonly fields: readonly { readonly name: string | null }[] };
  readonly numRecordBatches?: number;
  open(): RecordBatchReader;
  isFile(): boolean;
  readRecordBatch?(index: number): RecordBatch | null;
  [Symbol.iterator](): Iterator<RecordBatch>;
}

interface ApacheArrow {
  readonly RecordBatchReader: { from(bytes: Uint8Array): RecordBatchReader };
  readonly compressionRegistry: CompressionRegistry;
}

const format = "Arrow";

/** Opens an Arrow file or stream: its record batches are the batches. */
export async function openArrow(
  path: string | URL,
  { memoryBytes }: { readonly memoryBytes: number },
): Promise<ValueTable> {
  using opened = await openBytes(path);
  const { file, size } = opened;
  requireRoom(size, { file, memoryBytes });
  const bytes = await opened.read(0, size);
  const { RecordBatchReader, compressionRegistry } = await importPackage<ApacheArrow>(
    "npm:apache-arrow@21.2.0",
    {
      file,
      what: "Arrow files",
    },
  );
  try {
    const contents = verifyArrow(bytes);
    requireRoom(contents.bytes, { file, memoryBytes });
    if (contents.isCompressed) await registerCompression(compressionRegistry, { file });
    const reader = RecordBatchReader.from(bytes).open();
    // at its end, the reader forgets the schema
    const columns = reader.schema.fields.map(({ name }) => name ?? "");
    const batches = [...reader];
    const counts = batches.map(({ numRows }) => numRows);
    return {
      file,
      format,
      columns,
      counts,
      read: (batch, columns) =>
        Promise.resolve(
          Object.fromEntries(columns.map((name) => [name, valuesOf(batches[batch]!, name)])),
        ),
      close() {},
    };
  } catch (error) {
    throw damagedFile({ file, format }, error);
  }
}

/** A file of this size is held whatever memory the rows may take. */
const leastFileBytes = 1 << 20;

function requireRoom(
  bytes: number,
  { file, memoryBytes }: { readonly file: string; readonly memoryBytes: number },
): void {
  if (bytes <= Math.max(memoryBytes, leastFileBytes)) return;
  throw new DataError(
    `Cannot hold the Arrow file: received ${bytes} bytes, expected at most the ${memoryBytes} of memoryBytes`,
    {
      file,
      hint: "set a larger memoryBytes, or write the table as Parquet, which is read in parts",
    },
  );
}

function valuesOf(batch: RecordBatch, name: string): ValueColumn {
  const vector = batch.getChild(name);
  if (vector === null || vector.length !== batch.numRows) {
    throw new Error(`the column "${name}" is not in every batch`);
  }
  return numbersOf(vector) ?? madeValues(vector);
}

/** Kinds of types whose values are numbers as they are stored, unless they have 16 bits. */
const [wholeType, floatType, halfPrecision] = [2, 3, 0];

/** The values of a column of numbers, all at once; `undefined` where each has to be made. */
function numbersOf(vector: ArrowVector): ValueColumn | undefined {
  const { type: { typeId, precision }, length, nullCount, data: [data, ...others] } = vector;
  const isNumber = typeId === wholeType || typeId === floatType && precision !== halfPrecision;
  if (!isNumber || data === undefined || others.length > 0) return undefined;
  const values = vector.toArray();
  if (nullCount === 0) return values;
  const { nullBitmap } = data;
  if (nullBitmap === undefined || nullBitmap.length * 8 < length) return undefined;
  return Array.from(
    { length },
    (_, row) => (nullBitmap[row >> 3]! >> (row & 7)) & 1 ? values[row] : null,
  );
}

function madeValues(vector: ArrowVector): ValueColumn {
  const make = valueMaker(vector.type);
  return Array.from({ length: vector.length }, (_, row) => {
    const given = vector.get(row);
    return make === undefined || given === null ? given : make(given);
  });
}

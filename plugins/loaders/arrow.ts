/**
 * Tables in Arrow files (also called Feather, version 2) and streams, read by `apache-arrow`.
 *
 * @module
 */
import { DataError, openBytes } from "../../core/mod.ts";
import { verifyArrow } from "./arrow_layout.ts";
import { importPackage } from "./optional_package.ts";
import { defineFileTable, type FileTableOptions } from "./file_table.ts";
import type { TableColumns, TableHandles } from "./table_columns.ts";
import { damagedFile, type ValueColumn, type ValueTable } from "./value_rows.ts";

interface ArrowVector {
  readonly length: number;
  readonly nullCount: number;
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
}

const format = "Arrow";

/** Opens an Arrow file or stream: its record batches are the batches. */
export async function openArrow(
  path: string | URL,
  { memoryBytes }: { readonly memoryBytes: number },
): Promise<ValueTable> {
  using opened = await openBytes(path);
  const { file, size } = opened;
  if (size > Math.max(memoryBytes, leastFileBytes)) {
    throw new DataError(
      `Cannot hold the Arrow file: received ${size} bytes, expected at most the ${memoryBytes} of memoryBytes`,
      {
        file,
        hint: "set a larger memoryBytes, or write the table as Parquet, which is read in parts",
      },
    );
  }
  const bytes = await opened.read(0, size);
  const { RecordBatchReader } = await importPackage<ApacheArrow>("npm:apache-arrow@21.2.0", {
    file,
    what: "Arrow files",
  });
  try {
    verifyArrow(bytes);
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

function valuesOf(batch: RecordBatch, name: string): ValueColumn {
  const vector = batch.getChild(name);
  if (vector === null || vector.length !== batch.numRows) {
    throw new Error(`the column "${name}" is not in every batch`);
  }
  return Array.from({ length: vector.length }, (_, row) => vector.get(row));
}

const stage = defineFileTable("arrow", openArrow);

/**
 * Loads a table from an Arrow file (also called Feather, version 2) or stream, by `apache-arrow`, which
 * is fetched the first time. Columns are declared as those of {@linkcode jsonLines}: numbers, lists of
 * numbers, classes, text. The file is held in memory while it is opened, and must be no larger than
 * `memoryBytes`; compressed buffers are not read.
 *
 * Shapes: features `f32[batch, features]`, targets `f32[batch, targets]`, label `[batch]`, a column
 * `f32[batch, 1]`, `dtype[batch, …shape]`, `[batch]` or text `u8[batch, bytes]`
 *
 * Counterparts: Keras none; PyTorch none; TensorFlow.js none
 *
 * @returns A handle for each output.
 * @throws {DataError} When the file is missing, damaged or larger than `memoryBytes`, lacks a column, or
 * has a value that is not of its column's type, as the data is opened.
 *
 * @example
 * ```ts
 * import { arrow } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const taxis = arrow({ path: "data/taxis.arrow", features: ["distance"], targets: ["fare"] });
 * assertEquals(taxis.targets.port, "targets"); // f32[batch, 1]
 * ```
 */
export function arrow<
  const F extends readonly string[] = readonly [],
  const T extends readonly string[] = readonly [],
  const C extends readonly string[] = readonly [],
  // deno-lint-ignore ban-types
  const K extends TableColumns = {},
>(options: FileTableOptions<F, T, C, K>): TableHandles<F, T, C, K> {
  return stage(options) as unknown as TableHandles<F, T, C, K>;
}

/**
 * Tables in Parquet files.
 *
 * @module
 */
import { openParquet, type ValueTable } from "../../core/mod.ts";
import { defineFileTable, type FileTableOptions } from "./file_table.ts";
import type { TableColumns, TableHandles } from "./table_columns.ts";

const stage = defineFileTable(
  "parquet",
  async (path): Promise<ValueTable> => await openParquet(path),
);

/**
 * Loads a table from a Parquet file, by `hyparquet` with every usual compression, which are fetched the
 * first time. Columns are declared as those of {@linkcode jsonLines}: numbers, lists of numbers,
 * classes, text. Decimals and booleans are numbers, dates are text by ISO 8601 (`{ text: 24 }`), bytes are
 * text where they are UTF-8. Only the columns that are named are read. What takes more than `memoryBytes` is read
 * again, a row group at a time, as it is wanted: write files with groups of some ten thousand rows.
 *
 * Shapes: features `f32[batch, features]`, targets `f32[batch, targets]`, label `[batch]`, a column
 * `f32[batch, 1]`, `dtype[batch, …shape]`, `[batch]` or text `u8[batch, bytes]`
 *
 * Counterparts: Keras none; PyTorch none; TensorFlow.js none
 *
 * @returns A handle for each output.
 * @throws {DataError} As the data is opened, when the file is missing, damaged or lacks a column. When a
 * value is not of its column's type: then as well, if the rows fit into memory; else as it is read.
 *
 * @example
 * ```ts
 * import { parquet } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const taxis = parquet({
 *   path: "data/taxis.parquet",
 *   features: ["distance", "passengers"],
 *   targets: ["fare"],
 * });
 * assertEquals(taxis.features.port, "features"); // f32[batch, 2]
 * ```
 */
export function parquet<
  const F extends readonly string[] = readonly [],
  const T extends readonly string[] = readonly [],
  const C extends readonly string[] = readonly [],
  // deno-lint-ignore ban-types
  const K extends TableColumns = {},
>(options: FileTableOptions<F, T, C, K>): TableHandles<F, T, C, K> {
  return stage(options) as unknown as TableHandles<F, T, C, K>;
}

/**
 * Tables in Arrow files (also called Feather, version 2) and streams.
 *
 * @module
 */
import { openArrow } from "../../core/mod.ts";
import { defineFileTable, type FileTableOptions } from "./file_table.ts";
import type { TableColumns, TableHandles } from "./table_columns.ts";

const stage = defineFileTable("arrow", openArrow);

/**
 * Loads a table from an Arrow file (also called Feather, version 2) or stream, by `apache-arrow`, which
 * is fetched the first time, as is `lz4js` where a file is compressed. Columns are declared as those of
 * {@linkcode jsonLines}: numbers, lists of numbers, classes, text. Decimals and booleans are numbers, dates
 * are text by ISO 8601 (`{ text: 24 }`), bytes are text where they are UTF-8. The file is held in memory
 * while it is opened: decompressed, too, it must be no larger than `memoryBytes`.
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

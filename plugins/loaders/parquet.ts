/**
 * Tables in Parquet files, read by `hyparquet`.
 *
 * @module
 */
import { DataError, openBytes, type OpenedBytes } from "../../core/mod.ts";
import { importPackage } from "./optional_package.ts";
import {
  checkedGroup,
  type Compressors,
  maxGroupRows,
  readFooter,
  type RowGroup,
  type SchemaTree,
} from "./parquet_group.ts";
import { damagedFile, type ValueColumn, type ValueTable } from "./value_rows.ts";
import { defineFileTable, type FileTableOptions } from "./file_table.ts";
import type { TableColumns, TableHandles } from "./table_columns.ts";

interface AsyncBuffer {
  readonly byteLength: number;
  slice(begin: number, end?: number): Promise<ArrayBuffer>;
}

interface ParquetMetadata {
  readonly row_groups: readonly RowGroup[];
}

interface ColumnChunk {
  readonly columnName: string;
  readonly columnData: ArrayLike<unknown>;
  readonly rowStart: number;
}

interface Hyparquet {
  parquetMetadataAsync(
    file: AsyncBuffer,
    options: { readonly geoparquet: false },
  ): Promise<ParquetMetadata>;
  parquetSchema(metadata: ParquetMetadata): SchemaTree;
  parquetRead(options: {
    readonly file: AsyncBuffer;
    readonly metadata: ParquetMetadata;
    readonly columns: readonly string[];
    readonly rowStart: number;
    readonly rowEnd: number;
    readonly geoparquet: false;
    readonly onChunk: (chunk: ColumnChunk) => void;
  }): Promise<void>;
}

const format = "Parquet";
/** Opens a Parquet file: its row groups are the batches. */
export async function openParquet(path: string | URL): Promise<ValueTable> {
  const opened = await openBytes(path);
  const { file } = opened;
  try {
    return await parquetTable(opened);
  } catch (error) {
    opened[Symbol.dispose]();
    throw damagedFile({ file, format }, error);
  }
}

async function parquetTable(opened: OpenedBytes): Promise<ValueTable> {
  const { file, size } = opened;
  if (size < 12) {
    throw new DataError(
      `Cannot read the Parquet file: received ${size} bytes, expected 12 or more`,
      {
        file,
        hint: "get the file again, whole",
      },
    );
  }
  const what = "Parquet files";
  const { parquetMetadataAsync, parquetRead, parquetSchema } = await importPackage<Hyparquet>(
    "npm:hyparquet@1.31.5",
    { file, what },
  );
  const { compressors } = await importPackage<{ readonly compressors: Compressors }>(
    "npm:hyparquet-compressors@1.1.2",
    { file, what },
  );
  const footer = await readFooter(opened);
  const metadata = await parquetMetadataAsync(asFile(footer), { geoparquet: false });
  const counts = metadata.row_groups.map(({ num_rows }) => Number(num_rows));
  const wrong = counts.find((count) => !(count >= 0 && count <= maxGroupRows));
  if (wrong !== undefined) {
    throw new Error(`a row group claims ${wrong} rows, expected at most ${maxGroupRows}`);
  }
  const schema = parquetSchema(metadata);
  return {
    file,
    format,
    columns: schema.children.map(({ element }) => element.name ?? ""),
    counts,
    async read(batch, columns) {
      const group = metadata.row_groups[batch]!;
      const checked = await checkedGroup(opened, { group, columns, schema, compressors });
      const values: Record<string, unknown[]> = {};
      for (const name of columns) values[name] = [];
      await parquetRead({
        file: asFile(checked.bytes),
        metadata: { ...metadata, row_groups: [checked.group] },
        columns,
        // its search for columns of maps does not end for some damaged files
        geoparquet: false,
        rowStart: 0,
        rowEnd: counts[batch]!,
        onChunk({ columnName, columnData, rowStart }) {
          const column = values[columnName]!;
          for (let i = 0; i < columnData.length; i++) column[rowStart + i] = columnData[i];
        },
      });
      return values satisfies Record<string, ValueColumn>;
    },
    close: () => opened[Symbol.dispose](),
  };
}

/** Bytes as the library reads them. */
function asFile(bytes: Uint8Array<ArrayBuffer>): AsyncBuffer {
  return {
    byteLength: bytes.length,
    slice: (begin, end = bytes.length) => Promise.resolve(bytes.slice(begin, end).buffer),
  };
}

const stage = defineFileTable(
  "parquet",
  async (path): Promise<ValueTable> => await openParquet(path),
);

/**
 * Loads a table from a Parquet file, by `hyparquet` with every usual compression, which are fetched the
 * first time. Columns are declared as those of {@linkcode jsonLines}: numbers, lists of numbers,
 * classes, text. Only the columns that are named are read. What takes more than `memoryBytes` is read
 * again, a row group at a time, as it is wanted: write files with groups of some ten thousand rows.
 *
 * Shapes: features `f32[batch, features]`, targets `f32[batch, targets]`, label `[batch]`, a column
 * `f32[batch, 1]`, `dtype[batch, …shape]`, `[batch]` or text `u8[batch, bytes]`
 *
 * Counterparts: Keras none; PyTorch none; TensorFlow.js none
 *
 * @returns A handle for each output.
 * @throws {DataError} When the file is missing or damaged, lacks a column, or has a value that is not of
 * its column's type, as the data is opened.
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

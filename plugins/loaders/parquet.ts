/**
 * Tables in Parquet files, read by `hyparquet`.
 *
 * @module
 */
import { DataError, openBytes, type OpenedBytes } from "../../core/mod.ts";
import { importPackage } from "./optional_package.ts";
import { damagedFile, type ValueColumn, type ValueTable } from "./value_rows.ts";
import { defineFileTable, type FileTableOptions } from "./file_table.ts";
import type { TableColumns, TableHandles } from "./table_columns.ts";

interface AsyncBuffer {
  readonly byteLength: number;
  slice(begin: number, end?: number): Promise<ArrayBuffer>;
}

interface ParquetMetadata {
  readonly row_groups: readonly { readonly num_rows: bigint }[];
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
  parquetSchema(metadata: ParquetMetadata): {
    readonly children: readonly { readonly element: { readonly name: string } }[];
  };
  parquetRead(options: {
    readonly file: AsyncBuffer;
    readonly metadata: ParquetMetadata;
    readonly columns: readonly string[];
    readonly rowStart: number;
    readonly rowEnd: number;
    readonly compressors: unknown;
    readonly geoparquet: false;
    readonly onChunk: (chunk: ColumnChunk) => void;
    readonly onComplete: () => void;
  }): Promise<void>;
}

const format = "Parquet";
/** A group is decoded whole. */
const maxGroupRows = 1 << 26;

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
  const { compressors } = await importPackage<{ readonly compressors: unknown }>(
    "npm:hyparquet-compressors@1.1.2",
    { file, what },
  );
  const buffer: AsyncBuffer = {
    byteLength: size,
    async slice(begin, end = size) {
      if (!(begin >= 0 && begin <= end && end <= size)) {
        throw new Error(`it points to bytes ${begin} to ${end}, the file has ${size}`);
      }
      return (await opened.read(begin, end - begin)).buffer;
    },
  };
  const metadata = await parquetMetadataAsync(oneAtATime(buffer), { geoparquet: false });
  const counts = metadata.row_groups.map(({ num_rows }) => Number(num_rows));
  const wrong = counts.find((count) => !(count >= 0 && count <= maxGroupRows));
  if (wrong !== undefined) {
    throw new Error(`a row group claims ${wrong} rows, expected at most ${maxGroupRows}`);
  }
  const begins: number[] = [];
  counts.reduce((begin, count) => (begins.push(begin), begin + count), 0);
  return {
    file,
    format,
    columns: parquetSchema(metadata).children.map(({ element }) => element.name),
    counts,
    async read(batch, columns) {
      const [begin, count] = [begins[batch]!, counts[batch]!];
      const values: Record<string, unknown[]> = {};
      for (const name of columns) values[name] = [];
      await parquetRead({
        file: oneAtATime(buffer),
        metadata,
        columns,
        compressors,
        // its search for columns of maps does not end for some damaged files
        geoparquet: false,
        rowStart: begin,
        rowEnd: begin + count,
        // without it, chunks may still be on their way when it is done
        onComplete: () => {},
        onChunk({ columnName, columnData, rowStart }) {
          const column = values[columnName]!;
          for (let i = 0; i < columnData.length; i++) column[rowStart - begin + i] = columnData[i];
        },
      });
      return values satisfies Record<string, ValueColumn>;
    },
    close: () => opened[Symbol.dispose](),
  };
}

/** A file is read at one place at a time; the library asks for several. */
function oneAtATime(buffer: AsyncBuffer): AsyncBuffer {
  let last: Promise<unknown> = Promise.resolve();
  return {
    byteLength: buffer.byteLength,
    slice(begin, end) {
      const done = last.then(() => buffer.slice(begin, end));
      last = done.catch(() => {});
      return done;
    },
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
 * `hyparquet` was not written for hostile files: a damaged one is an error where it is noticed, but may
 * as well take long or much memory. Open files that you trust.
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

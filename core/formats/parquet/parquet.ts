/**
 * Tables in Parquet files, read by `hyparquet`, whose row groups are checked before it sees them.
 *
 * @module
 */
import { DataError } from "../../errors.ts";
import { importPackage } from "../optional_package.ts";
import { openBytes, type OpenedBytes } from "../read_bytes.ts";
import { damagedFile, type ValueColumn, type ValueTable } from "../value_table.ts";
import { loadCompressors } from "./codecs.ts";
import { valueMaker } from "./values.ts";
import { checkedGroup, maxGroupRows, readFooter, type RowGroup, type SchemaTree } from "./group.ts";

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
    readonly utf8: false;
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
  const compressors = await loadCompressors({ file, what });
  const footer = await readFooter(opened);
  const metadata = await parquetMetadataAsync(asFile(footer), { geoparquet: false });
  const counts = metadata.row_groups.map(({ num_rows }) => Number(num_rows));
  const wrong = counts.find((count) => !(count >= 0 && count <= maxGroupRows));
  if (wrong !== undefined) {
    throw new Error(`a row group claims ${wrong} rows, expected at most ${maxGroupRows}`);
  }
  const schema = parquetSchema(metadata);
  const makers = new Map(schema.children.map((tree) => [tree.element.name, valueMaker(tree)]));
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
        // bytes are text where the schema says so
        utf8: false,
        rowStart: 0,
        rowEnd: counts[batch]!,
        onChunk({ columnName, columnData, rowStart }) {
          const column = values[columnName]!;
          const make = makers.get(columnName);
          for (let i = 0; i < columnData.length; i++) {
            column[rowStart + i] = make === undefined ? columnData[i] : make(columnData[i]);
          }
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

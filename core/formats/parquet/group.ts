/**
 * What of a Parquet file is handed to `hyparquet`: its footer, and the columns of a row group, once they
 * are checked.
 *
 * @module
 */
import type { OpenedBytes } from "../read_bytes.ts";
import { checkedPages, type Decompress, type PageRules } from "./pages.ts";
import { ThriftReader } from "./thrift.ts";

/** A row group, as the footer describes it. */
export interface RowGroup {
  readonly num_rows: bigint;
  readonly columns: readonly { readonly file_path?: string; readonly meta_data?: ColumnMetadata }[];
}

interface ColumnMetadata {
  readonly path_in_schema: readonly string[];
  readonly codec: string;
  readonly num_values: bigint;
  readonly total_compressed_size: bigint;
  readonly data_page_offset: bigint;
  readonly dictionary_page_offset?: bigint | undefined;
}

/** Columns, and those within them. */
export interface SchemaTree {
  readonly element: {
    /** Absent where the file is damaged. */
    readonly name: string | undefined;
    readonly type?: string;
    readonly repetition_type?: string;
    readonly converted_type?: string;
    /** Digits behind the point of a decimal. */
    readonly scale?: number;
  };
  readonly children: readonly SchemaTree[];
}

/** Decompressors by the names of codecs. */
export type Compressors = Readonly<Record<string, Decompress>>;

/** A group is decoded whole: it has no more rows, and a column of it no more values. */
export const maxGroupRows = 1 << 26;

/** The footer, checked: what the library would loop over must be there. */
export async function readFooter(opened: OpenedBytes): Promise<Uint8Array<ArrayBuffer>> {
  const { size } = opened;
  const end = await opened.read(size - 8, 8);
  const length = new DataView(end.buffer, end.byteOffset).getUint32(0, true);
  if (new TextDecoder("latin1").decode(end.subarray(4)) !== "PAR1") {
    throw new Error("it does not end as one: its last bytes are not PAR1");
  }
  if (length > size - 12) {
    throw new Error(`its footer claims ${length} bytes of the file's ${size}`);
  }
  const footer = await opened.read(size - 8 - length, length + 8);
  new ThriftReader(new DataView(footer.buffer, footer.byteOffset, length)).struct();
  return footer;
}

/** Columns of a row group, with their pages checked and decompressed, as a file of their own. */
export async function checkedGroup(
  opened: OpenedBytes,
  { group, columns, schema, compressors }: {
    readonly group: RowGroup;
    readonly columns: readonly string[];
    readonly schema: SchemaTree;
    readonly compressors: Compressors;
  },
): Promise<{ readonly bytes: Uint8Array<ArrayBuffer>; readonly group: RowGroup }> {
  const parts: Uint8Array[] = [];
  const laidOut: RowGroup["columns"][number][] = [];
  let at = 0;
  for (const { file_path, meta_data: column } of group.columns) {
    if (column === undefined) throw new Error("a column has no description");
    if (!columns.includes(column.path_in_schema[0]!)) continue;
    if (file_path !== undefined) throw new Error("its columns are in other files");
    const { codec, total_compressed_size, dictionary_page_offset, data_page_offset } = column;
    const begin = Number(dictionary_page_offset || data_page_offset);
    const size = Number(total_compressed_size);
    if (!(begin >= 0 && size >= 0 && begin + size <= opened.size)) {
      throw new Error(
        `it points to bytes ${begin} to ${begin + size}, the file has ${opened.size}`,
      );
    }
    const decompress = codec === "UNCOMPRESSED" ? null : compressors[codec];
    if (decompress === undefined) throw new Error(`its compression ${codec} is not known here`);
    const pages = checkedPages(await opened.read(begin, size), {
      ...columnRules(schema, column, Number(group.num_rows)),
      decompress,
    });
    const length = pages.reduce((sum, { length }) => sum + length, 0);
    parts.push(...pages);
    laidOut.push({
      meta_data: {
        ...column,
        codec: "UNCOMPRESSED",
        data_page_offset: BigInt(at),
        dictionary_page_offset: undefined,
        total_compressed_size: BigInt(length),
      },
    });
    at += length;
  }
  const bytes = new Uint8Array(at);
  parts.reduce((at, part) => (bytes.set(part, at), at + part.length), 0);
  return { bytes, group: { ...group, columns: laidOut } };
}

/** What the values of a column are held to. */
function columnRules(
  schema: SchemaTree,
  { path_in_schema, num_values }: ColumnMetadata,
  rows: number,
): Omit<PageRules, "decompress"> {
  const levels = { repetition: 0, definition: 0 };
  let tree = schema;
  for (const name of path_in_schema) {
    const child = tree.children.find(({ element }) => element.name === name);
    if (child === undefined) {
      throw new Error(`its schema has no column "${path_in_schema.join(".")}"`);
    }
    tree = child;
    if (tree.element.repetition_type === "REPEATED") levels.repetition++;
    if (tree.element.repetition_type !== "REQUIRED") levels.definition++;
  }
  // each value of a column without lists is one of a row
  const values = levels.repetition === 0 ? rows : Number(num_values);
  if (!(values >= 0 && values <= maxGroupRows)) {
    throw new Error(`a column claims ${values} values, expected at most ${maxGroupRows}`);
  }
  return { levels, values, isBoolean: tree.element.type === "BOOLEAN" };
}

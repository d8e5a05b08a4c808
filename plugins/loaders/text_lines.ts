/**
 * Files of text, a row on each line.
 *
 * @module
 */
import { z } from "zod";
import {
  type AnyText,
  defineLoader,
  type RecordBlock,
  type Schema,
  type Text,
  textOfBlock,
} from "../../core/mod.ts";
import { cellReader } from "./cells.ts";
import { memoryFields, type MemoryOptions } from "./fixed_rows.ts";
import { allocateColumns } from "./memory_rows.ts";
import { locate } from "./npm_files.ts";
import { type TableConfig, tablePorts } from "./table_columns.ts";
import { type DecodedRows, textRows } from "./text_rows.ts";

/** Options of {@linkcode textLines}. */
export interface TextLinesOptions<L extends number = number> extends MemoryOptions {
  /**
   * Path of the file; or of one in an npm package, as `"npm:package@1.0.0/words.txt"`; or an
   * address on the web, as of {@linkcode csv}.
   */
  readonly path: string;
  /** Most bytes of a line, in UTF-8. */
  readonly bytes: L;
  /** Whether a longer line is an error (the default), or cut at a character. */
  readonly longer?: "fail" | "cut" | undefined;
  /** Whether lines of nothing but space are rows as well. Default false. */
  readonly keepBlank?: boolean | undefined;
  /** Path of a file with the rows of the test split. */
  readonly test?: string | undefined;
  /** Path of a file with the rows of the validation split. */
  readonly validation?: string | undefined;
}

/** What {@linkcode textLines} gives. */
export type TextLines<L extends number> = {
  /** The lines, without their ends. */
  readonly line: Text<L>;
};

interface TextLinesConfig {
  readonly path: string;
  readonly bytes: number;
  readonly longer: "fail" | "cut";
  readonly keepBlank: boolean;
  readonly test?: string | undefined;
  readonly validation?: string | undefined;
  readonly memoryBytes: number;
}

const path = z.string().min(1);

const config: Schema<TextLinesOptions, TextLinesConfig> = z.strictObject({
  path: path.describe("Path of the file, npm:package@version/path, or an address"),
  bytes: z.int().min(1).max(1 << 24).describe("Most bytes of a line, in UTF-8"),
  longer: z.enum(["fail", "cut"]).default("fail").describe(
    "Whether a longer line is an error, or cut at a character",
  ),
  keepBlank: z.boolean().default(false).describe(
    "Whether lines of nothing but space are rows as well",
  ),
  test: path.optional().describe("Path of a file with the rows of the test split"),
  validation: path.optional().describe("Path of a file with the rows of the validation split"),
  ...memoryFields,
});

const stage = defineLoader<{ line: AnyText }>()({
  name: "textLines",
  kind: "loader",
  family: "loader",
  config,
  ports: (config) => ({ line: portOf(config).data }),
  async open({ config, split, limit }) {
    const { path, test, validation } = config;
    const file = { train: path, test, validation }[split];
    if (file === undefined) return null;
    return await textRows({
      path: await locate(file),
      ports: { line: portOf(config).data },
      memoryBytes: config.memoryBytes,
      limit,
      decode: (block, file) => decode(block, { file, config }),
      emptyHint: "name a file with lines of text",
    });
  },
});

function portOf({ bytes, longer }: TextLinesConfig) {
  const table: TableConfig = {
    features: [],
    targets: [],
    columns: { line: { text: bytes, longer } },
    missing: "fail",
  };
  return tablePorts(table)[0]!;
}

function decode(
  block: RecordBlock,
  { file, config }: { readonly file: string; readonly config: TextLinesConfig },
): DecodedRows {
  const text = textOfBlock(block, { file, format: "text" });
  const all = text.split("\n");
  // what follows the last line end is no line
  if (all.at(-1) === "") all.pop();
  const port = portOf(config);
  const read = cellReader(port, { isText: true, missing: "fail" });
  const numbers = all.flatMap((line, i) => config.keepBlank || line.trim() !== "" ? [i] : []);
  const columns = allocateColumns({ line: port.data }, numbers.length);
  numbers.forEach((i, at) => {
    const line = all[i]!;
    const cell = line.endsWith("\r") ? line.slice(0, -1) : line;
    read(columns.line!, { at, index: 0, cell }, () => ({
      file,
      row: block.line + i,
      column: "line",
    }));
  });
  return { rows: numbers.length, columns };
}

/**
 * Loads a file of text, in UTF-8: each line is a row, as bytes with zeros after its end. A host stage
 * makes tokens of it, or a model reads the bytes themselves.
 *
 * Shapes: line, text `u8[batch, bytes]`
 *
 * Counterparts: Keras none; PyTorch none; TensorFlow.js none
 *
 * @returns The handle `line`.
 * @throws {DataError} When the file is missing, has no lines, is not UTF-8, or a line is too long, as
 * the data is opened.
 *
 * @example
 * ```ts
 * import { textLines } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const verses = textLines({ path: "data/verses.txt", bytes: 120 });
 * assertEquals(verses.line.port, "line"); // text of at most 120 bytes
 * ```
 */
export function textLines<const L extends number>(options: TextLinesOptions<L>): TextLines<L> {
  return stage(options) as TextLines<L>;
}

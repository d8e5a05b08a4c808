/**
 * Files of text, a row on each line.
 *
 * @module
 */
import { z } from "zod";
import {
  type AnyText,
  defineLoader,
  lazySchema,
  locate,
  type RecordBlock,
  type Schema,
  type Text,
} from "../../core/mod.ts";
import { memoryFields, type MemoryOptions } from "./fixed_rows.ts";
import { type InvalidConfig, invalidFields, type InvalidOptions, RowChecks } from "./row_checks.ts";
import { fileFields, type FileOptions, placeOf } from "./split_files.ts";
import { type TableConfig, tableDataPorts } from "./table_columns.ts";
import { type DecodedRows, TableReader } from "./table_reader.ts";
import { readableText, textRows } from "./text_rows.ts";

/** Options of {@linkcode textLines}. */
export interface TextLinesOptions<L extends number = number>
  extends FileOptions, MemoryOptions, InvalidOptions {
  /** Most bytes of a line, in UTF-8. */
  readonly bytes: L;
  /** Whether a longer line is an error (the default), or cut at a character. */
  readonly longer?: "fail" | "cut" | undefined;
  /** Whether lines of nothing but space are rows as well. Default false. */
  readonly keepBlank?: boolean | undefined;
}

/** What {@linkcode textLines} gives. */
export type TextLines<L extends number> = {
  /** The lines, without their ends. */
  readonly line: Text<L>;
};

interface TextLinesConfig extends FileOptions, InvalidConfig {
  readonly bytes: number;
  readonly longer: "fail" | "cut";
  readonly keepBlank: boolean;
  readonly memoryBytes: number;
}

const config: Schema<TextLinesOptions, TextLinesConfig> = lazySchema(() =>
  z.strictObject({
    ...fileFields(),
    bytes: z.int().min(1).max(1 << 24).describe("Most bytes of a line, in UTF-8"),
    longer: z.enum(["fail", "cut"]).default("fail").describe(
      "Whether a longer line is an error, or cut at a character",
    ),
    keepBlank: z.boolean().default(false).describe(
      "Whether lines of nothing but space are rows as well",
    ),
    ...memoryFields,
    ...invalidFields(),
  })
);

const stage = defineLoader<{ line: AnyText }>()({
  name: "textLines",
  kind: "loader",
  family: "loader",
  config,
  ports: (config) => tableDataPorts(tableOf(config)),
  async open({ config, split, limit, tell }) {
    const file = placeOf(split, config.path, config);
    if (file === undefined) return null;
    const reader = new TableReader(tableOf(config), { isText: true });
    return await textRows({
      path: await locate(file, tell),
      ports: tableDataPorts(tableOf(config)),
      memoryBytes: config.memoryBytes,
      limit,
      checks: new RowChecks(config),
      decode: (block, file, checks) =>
        decode(block, { file, reader, checks, keepBlank: config.keepBlank }),
      emptyHint: "name a file with lines of text",
    });
  },
});

/** A table of the one column. */
function tableOf({ bytes, longer, invalid, mostInvalid }: TextLinesConfig): TableConfig {
  return {
    features: [],
    targets: [],
    columns: { line: { text: bytes, longer } },
    missing: "fail",
    invalid,
    mostInvalid,
  };
}

function decode(
  block: RecordBlock,
  { file, reader, checks, keepBlank }: {
    readonly file: string;
    readonly reader: TableReader;
    readonly checks: RowChecks;
    readonly keepBlank: boolean;
  },
): DecodedRows {
  const { text, damaged } = readableText(block, { file, format: "text", checks });
  const all = text.split("\n");
  // what follows the last line end is no line
  if (all.at(-1) === "") all.pop();
  const numbers = all.flatMap((line, i) => keepBlank || line.trim() !== "" ? [i] : []);
  const row = (record: number) => block.line + numbers[record]!;
  return reader.read({
    count: numbers.length,
    file,
    row,
    open(record) {
      const fault = damaged?.(row(record), row(record) + 1);
      if (fault !== undefined) throw fault;
      const line = all[numbers[record]!]!;
      return { cell: () => line.endsWith("\r") ? line.slice(0, -1) : line };
    },
  }, checks);
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

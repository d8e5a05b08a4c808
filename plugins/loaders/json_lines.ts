/**
 * Tables in files of JSON lines: an object on each line.
 *
 * @module
 */
import {
  absentKey,
  defineLoader,
  isBlankLine,
  isRecord,
  type JsonRecord,
  jsonValue,
  locate,
  parseJsonLine,
  type RecordBlock,
} from "../../core/mod.ts";
import { fileTableConfig, type FileTableOptions } from "./file_table.ts";
import { RowChecks } from "./row_checks.ts";
import { placeOf } from "./split_files.ts";
import {
  type AnyTableHandles,
  type TableColumns,
  tableDataPorts,
  type TableHandles,
} from "./table_columns.ts";
import { type DecodedRows, TableReader } from "./table_reader.ts";
import { readableText, textRows } from "./text_rows.ts";

const stage = defineLoader<AnyTableHandles>()({
  name: "jsonLines",
  kind: "loader",
  family: "loader",
  config: fileTableConfig,
  ports: (config) => tableDataPorts(config),
  async open({ config, split, limit, tell }) {
    const file = placeOf(split, config.path, config);
    if (file === undefined) return null;
    const reader = new TableReader(config, { isText: false });
    return await textRows({
      path: await locate(file, tell),
      ports: tableDataPorts(config),
      memoryBytes: config.memoryBytes,
      limit,
      checks: new RowChecks(config),
      decode: (block, file, checks) => decode(block, { file, reader, checks }),
      emptyHint: "name a file with an object on each line",
    });
  },
});

function decode(
  block: RecordBlock,
  { file, reader, checks }: {
    readonly file: string;
    readonly reader: TableReader;
    readonly checks: RowChecks;
  },
): DecodedRows {
  const { text, damaged } = readableText(block, { file, format: "JSON lines", checks });
  const lines = text.split("\n");
  const numbers = lines.flatMap((line, i) => isBlankLine(line) ? [] : [i]);
  const row = (record: number) => block.line + numbers[record]!;
  const objects = damaged === undefined ? parsed(lines, numbers) : undefined;
  return reader.read({
    count: numbers.length,
    file,
    row,
    ...(objects === undefined ? {} : {
      numbers(column) {
        const name = reader.columns[column]!;
        return (record) => {
          const value = objects[record]![name];
          return typeof value === "number" ? value : NaN;
        };
      },
    }),
    open(record) {
      const place = { file, row: row(record) };
      const fault = damaged?.(place.row, place.row + 1);
      if (fault !== undefined) throw fault;
      const object = objects?.[record] ?? parseJsonLine(lines[numbers[record]!]!, place);
      return {
        cell: (column) => jsonValue(object, reader.columns[column]!),
        explain(error, column) {
          const name = reader.columns[column]!;
          const isAbsent = jsonValue(object, name) === undefined;
          return isAbsent ? absentKey(object, { ...place, column: name }) ?? error : error;
        },
      };
    },
  }, checks);
}

/** The objects of some lines; `undefined` where a line is none. */
function parsed(
  lines: readonly string[],
  numbers: readonly number[],
): readonly JsonRecord[] | undefined {
  const objects: JsonRecord[] = [];
  try {
    for (const number of numbers) {
      const value: unknown = JSON.parse(lines[number]!);
      if (!isRecord(value)) return undefined;
      objects.push(value);
    }
    return objects;
  } catch {
    return undefined;
  }
}

/**
 * Loads a table from a file of JSON lines (also called NDJSON): an object on each line, whose keys are
 * the columns. Columns are declared as those of {@linkcode csv}, and lists of numbers besides. Other
 * keys are passed over.
 *
 * Shapes: features `f32[batch, features]`, targets `f32[batch, targets]`, label `[batch]`, a column
 * `f32[batch, 1]`, `dtype[batch, …shape]`, `[batch]` or text `u8[batch, bytes]`
 *
 * Counterparts: Keras none; PyTorch none; TensorFlow.js none
 *
 * @returns A handle for each output.
 * @throws {DataError} When the file is missing, a line is no object in JSON, or a value is not of its
 * column's type, as the data is opened.
 *
 * @example
 * ```ts
 * import { jsonLines } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const mails = jsonLines({
 *   path: "data/mails.jsonl",
 *   columns: { subject: { text: 200 }, embedding: { shape: [384] } },
 *   label: { column: "kind", classes: ["ham", "spam"] },
 * });
 * assertEquals(mails.embedding.port, "embedding"); // f32[batch, 384]
 * assertEquals(mails.label.port, "label"); // 2 classes
 * ```
 */
export function jsonLines<
  const F extends readonly string[] = readonly [],
  const T extends readonly string[] = readonly [],
  const C extends readonly string[] = readonly [],
  // deno-lint-ignore ban-types
  const K extends TableColumns = {},
>(options: FileTableOptions<F, T, C, K>): TableHandles<F, T, C, K> {
  return stage(options) as unknown as TableHandles<F, T, C, K>;
}

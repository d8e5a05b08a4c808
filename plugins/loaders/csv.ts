/**
 * Tables in CSV files.
 *
 * @module
 */
import { z } from "zod";
import {
  csvRecords,
  DataError,
  defineLoader,
  formatAmount,
  headerNames,
  lazySchema,
  locate,
  missingColumn,
  type RecordBlock,
  type RowSource,
  type Schema,
} from "../../core/mod.ts";
import type { CellPlace } from "../../core/execute/mod.ts";
import type { FileTableConfig, FileTableOptions } from "./file_table.ts";
import { memoryFields } from "./fixed_rows.ts";
import { RowChecks } from "./row_checks.ts";
import { fileFields, placeOf } from "./split_files.ts";
import {
  type AnyTableHandles,
  type TableColumns,
  tableDataPorts,
  tableFields,
  type TableHandles,
  tableProblems,
} from "./table_columns.ts";
import { type DecodedRows, TableReader } from "./table_reader.ts";
import { readableText, textRows } from "./text_rows.ts";

/** Options of {@linkcode csv}. */
export interface CsvOptions<
  F extends readonly string[] = readonly string[],
  T extends readonly string[] = readonly string[],
  C extends readonly string[] = readonly string[],
  K extends TableColumns = TableColumns,
> extends FileTableOptions<F, T, C, K> {
  /**
   * Whether the first line names the columns, which is the default; or their names, in the order of
   * the fields, for a file that does not.
   */
  readonly header?: true | readonly string[] | undefined;
  /** The character between fields. Default `","`, and a tab for files that end in `.tsv` or `.tab`. */
  readonly separator?: string | undefined;
  /** Texts that stand for a missing value. Default `""`, `NA`, `N/A`, `NaN`, `nan`, `null`, `NULL`, `?`. */
  readonly missingTexts?: readonly string[] | undefined;
}

/** What {@linkcode csv} gives; `targets` and `label` when the options name their columns. */
export type Csv<
  F extends readonly string[],
  T extends readonly string[],
  C extends readonly string[],
  K extends TableColumns,
> = TableHandles<F, T, C, K>;

/** The same with every default. */
export interface CsvConfig extends FileTableConfig {
  readonly header: true | readonly string[];
  readonly separator?: string | undefined;
  readonly missingTexts?: readonly string[] | undefined;
}

const config: Schema<CsvOptions, CsvConfig> = lazySchema(() =>
  z.strictObject({
    ...fileFields(),
    header: z.union([z.literal(true), z.array(z.string().min(1)).min(1).readonly()], {
      error: "expected true, or the names of the columns",
    }).default(true)
      .describe("Whether the first line names the columns; or their names, where it does not"),
    separator: z.string().length(1).optional().describe(
      'The character between fields; "," unless the file ends in .tsv or .tab',
    ),
    missingTexts: z.array(z.string()).readonly().optional().describe(
      "Texts that stand for a missing value",
    ),
    ...tableFields(),
    ...memoryFields,
  }).superRefine(tableProblems({ isText: true }))
);

const stage = defineLoader<AnyTableHandles>()({
  name: "csv",
  kind: "loader",
  family: "loader",
  config,
  ports: (config) => tableDataPorts(config),
  async open({ config, split, limit, tell }) {
    const file = placeOf(split, config.path, config);
    return file === undefined
      ? null
      : await openCsv(config, { path: await locate(file, tell), limit });
  },
});

/** How a table is opened. */
export interface OpenCsvOptions {
  readonly path: string | URL;
  readonly limit: number | undefined;
  /** Whether bytes that are not UTF-8 become marks. */
  readonly replaces?: boolean;
  /** Makes another text of that of a field; throws a `DataError` with a `reason` where it cannot. */
  readonly change?: (text: string, place: CellPlace) => string;
}

/** Opens the rows of a table. */
export function openCsv(config: CsvConfig, options: OpenCsvOptions): Promise<RowSource> {
  const { path, limit } = options;
  const separator = config.separator ?? (/\.(?:tsv|tab)$/i.test(String(path)) ? "\t" : ",");
  const table = new CsvTable(config, { ...options, separator });
  return textRows({
    path,
    ports: tableDataPorts(config),
    quoted: true,
    memoryBytes: config.memoryBytes,
    limit,
    checks: new RowChecks(config),
    decode: (block, file, checks) => table.decode(block, { file, checks }),
    emptyHint: "name a file with rows",
  });
}

/** Reads blocks of a CSV file. */
class CsvTable {
  readonly #config: CsvConfig;
  readonly #separator: string;
  readonly #options: Pick<OpenCsvOptions, "replaces" | "change">;
  readonly #reader: TableReader;
  /** Where the field of each column that is read is in a record; there once the header is. */
  #positions: readonly number[] | undefined;
  #width = 0;

  constructor(
    config: CsvConfig,
    { separator, ...options }:
      & { readonly separator: string }
      & Pick<OpenCsvOptions, "replaces" | "change">,
  ) {
    const { missingTexts } = config;
    this.#config = config;
    this.#separator = separator;
    this.#options = options;
    this.#reader = new TableReader(config, { isText: true, missingTexts });
  }

  async decode(
    block: RecordBlock,
    { file, checks }: { readonly file: string; readonly checks: RowChecks },
  ): Promise<DecodedRows> {
    const { replaces, change } = this.#options;
    const { text, damaged } = readableText(block, { file, format: "CSV", checks, replaces });
    const found = await csvRecords(text, {
      separator: this.#separator,
      line: block.line,
      bytes: block.bytes,
      file,
      keepFaults: checks.mayDrop,
    });
    const { lines, faults, plain } = found;
    const count = lines.length;
    const fieldsOf = (at: number) => plain?.fields(at) ?? found.records[at]!;
    const { header } = this.#config;
    // a block that is read again begins with the header again, if it is the first
    const first = header === true && block.begin === 0 ? 1 : 0;
    if (this.#positions === undefined && count > 0) {
      // without it no row can be read, whatever is done with those that are wrong
      const fault = first === 1 ? faults?.get(0) ?? damaged?.(lines[0]!, lines[1]) : undefined;
      if (fault !== undefined) throw fault;
      this.#bind(header === true ? fieldsOf(0) : header, {
        file,
        row: header === true ? lines[0]! : undefined,
      });
    }
    const row = (record: number) => lines[first + record]!;
    const isEven = plain !== undefined && damaged === undefined && change === undefined &&
      lines.every((_, record) => plain.width(record) === this.#width);
    return this.#reader.read({
      count: Math.max(0, count - first),
      file,
      row,
      ...(isEven
        ? {
          numbers: (column) => {
            const position = this.#positions![column]!;
            return (record) => plain.number(first + record, position);
          },
        }
        : {}),
      open: (record) => {
        const at = first + record;
        const fault = faults?.get(at) ?? damaged?.(row(record), lines[at + 1]);
        if (fault !== undefined) throw fault;
        const width = plain?.width(at) ?? found.records[at]!.length;
        if (width !== this.#width) throw this.#ragged(width, { file, row: row(record) });
        const cell = (column: number) => {
          const position = this.#positions![column]!;
          return plain?.field(at, position) ?? found.records[at]![position]!;
        };
        if (change === undefined) return { cell };
        const names = this.#reader.columns;
        return {
          cell: (column) =>
            change(cell(column), { file, row: row(record), column: names[column]! }),
        };
      },
    }, checks);
  }

  #ragged(
    width: number,
    place: { readonly file: string; readonly row: number },
  ): DataError {
    return new DataError(
      `Cannot read the CSV file: received ${formatAmount(width, "field")}, ` +
        `expected ${this.#width}`,
      {
        ...place,
        reason: "another number of fields",
        hint: "mend the row; a field that holds the separator is written in quotes",
      },
    );
  }

  #bind(
    names: readonly string[],
    { file, row }: { readonly file: string; readonly row: number | undefined },
  ): void {
    const place = { file, row };
    const known = headerNames(names, place);
    this.#width = known.length;
    this.#positions = this.#reader.columns.map((name) => {
      const position = known.indexOf(name);
      if (position < 0) throw missingColumn(name, known, place);
      return position;
    });
  }
}

/**
 * Loads a table from a file of CSV or TSV, in UTF-8, quoted as in RFC 4180: columns of numbers as
 * features, columns of numbers (`targets`) or of classes (`label`) to be predicted, and further
 * columns of numbers, classes or text, each an output of its own. The file is passed over once, as it
 * is opened, in a few megabytes: every field is then known to be good. Rows that take more than
 * `memoryBytes` are read again from the file as they are wanted. `rules` and `record` say what a row must
 * be, and `invalid` what is done with one that is not.
 *
 * Shapes: features `f32[batch, features]`, targets `f32[batch, targets]`, label `[batch]`, a column
 * `f32[batch, 1]`, `[batch]` or text `u8[batch, bytes]`
 *
 * Counterparts: Keras none; PyTorch none; TensorFlow.js `data.csv`
 *
 * @returns A handle for each output.
 * @throws {DataError} When the file is missing or malformed, lacks a column, or has a field that is not
 * of its column's type, as the data is opened.
 *
 * @example
 * ```ts
 * import { csv } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const houses = csv({
 *   path: "data/houses.csv",
 *   features: ["rooms", "age", "tax"],
 *   targets: ["price"],
 *   columns: { district: { classes: ["north", "south"] }, remarks: { text: 200 } },
 *   rules: { rooms: { min: 1, max: 100 } },
 *   invalid: "drop", // rows that break a rule or cannot be read are left out, counted, and told of
 * });
 * assertEquals(houses.features.port, "features"); // f32[batch, 3]
 * assertEquals(houses.targets.port, "targets"); // f32[batch, 1]
 * assertEquals(houses.remarks.port, "remarks"); // text of at most 200 bytes
 * ```
 */
export function csv<
  const F extends readonly string[] = readonly [],
  const T extends readonly string[] = readonly [],
  const C extends readonly string[] = readonly [],
  // deno-lint-ignore ban-types
  const K extends TableColumns = {},
>(options: CsvOptions<F, T, C, K>): Csv<F, T, C, K> {
  return stage(options) as unknown as Csv<F, T, C, K>;
}

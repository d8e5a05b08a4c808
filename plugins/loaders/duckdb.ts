/**
 * Results of SQL over files of Parquet, CSV and JSON, or tables of a database, by DuckDB.
 *
 * @module
 */
import { z } from "zod";
import {
  DataError,
  defineLoader,
  importPackage,
  lazySchema,
  nearestName,
  permissionHint,
  type RowSource,
  type Schema,
} from "../../core/mod.ts";
import { bytesPerRow } from "./block_rows.ts";
import { memoryFields, type MemoryOptions } from "./fixed_rows.ts";
import { memoryRows } from "./memory_rows.ts";
import { RowChecks, withInvalid } from "./row_checks.ts";
import { placeOf, splitFields, type SplitPlaces } from "./split_files.ts";
import {
  type AnyTableHandles,
  type TableColumns,
  type TableConfig,
  tableDataPorts,
  tableFields,
  type TableHandles,
  type TableOptions,
  tableProblems,
} from "./table_columns.ts";
import { type DecodedRows, joinColumns, TableReader } from "./table_reader.ts";

/** Options of {@linkcode duckdb}. */
export interface DuckDbOptions<
  F extends readonly string[] = readonly string[],
  T extends readonly string[] = readonly string[],
  C extends readonly string[] = readonly string[],
  K extends TableColumns = TableColumns,
> extends TableOptions<F, T, C, K>, SplitPlaces, MemoryOptions {
  /** The query whose rows are the training split: `"select … from 'rides/*.parquet' where …"`. */
  readonly query: string;
  /** Path of a DuckDB database that the queries read, and do not change. */
  readonly database?: string | undefined;
  /**
   * Threads of DuckDB. Default 1: with more, rows of a query without `order by` may come in another order
   * each time, and a run that is resumed then finds other data than it began with.
   */
  readonly threads?: number | undefined;
}

interface DuckDbConfig extends TableConfig, SplitPlaces {
  readonly query: string;
  readonly database?: string | undefined;
  readonly threads: number;
  readonly memoryBytes: number;
}

const config: Schema<DuckDbOptions, DuckDbConfig> = lazySchema(() =>
  z.strictObject({
    query: z.string().min(1).describe("The query whose rows are the training split"),
    ...splitFields("The query for the rows"),
    database: z.string().min(1).optional().describe("Path of a DuckDB database to be read"),
    threads: z.int().min(1).default(1).describe(
      "Threads of DuckDB; with more than 1, rows without order by may come in any order",
    ),
    ...tableFields(),
    ...memoryFields,
  }).superRefine(tableProblems({ isText: false }))
);

interface DuckDbChunk {
  readonly rowCount: number;
  getColumnValues(column: number): readonly unknown[];
}

interface DuckDbResult {
  columnNames(): readonly string[];
  fetchChunk(): Promise<DuckDbChunk | null>;
}

interface DuckDbConnection {
  stream(query: string): Promise<DuckDbResult>;
  closeSync(): void;
}

interface DuckDb {
  readonly DuckDBInstance: {
    create(
      path: string,
      options: Readonly<Record<string, string>>,
    ): Promise<{ connect(): Promise<DuckDbConnection>; closeSync(): void }>;
  };
}

const specifier = "npm:@duckdb/node-api@1.5.5-r.5";

const stage = defineLoader<AnyTableHandles>()({
  name: "duckdb",
  kind: "loader",
  family: "loader",
  config,
  ports: (config) => tableDataPorts(config),
  async open({ config, split, limit }) {
    const sql = placeOf(split, config.query, config);
    if (sql === undefined) return null;
    const file = shownQuery(sql);
    const { DuckDBInstance } = await load(file);
    const { database, threads } = config;
    const opened = await told(file, () =>
      DuckDBInstance.create(database ?? ":memory:", {
        threads: String(threads),
        ...(database === undefined ? {} : { access_mode: "READ_ONLY" }),
      }));
    try {
      const connection = await opened.connect();
      try {
        const result = await told(file, () => connection.stream(sql));
        return await resultRows(result, { config, file, limit });
      } finally {
        connection.closeSync();
      }
    } finally {
      opened.closeSync();
    }
  },
});

/** A query as messages name it. */
function shownQuery(sql: string): string {
  const line = sql.trim().replaceAll(/\s+/g, " ");
  return line.length > 80 ? `${line.slice(0, 80)}…` : line;
}

async function load(file: string): Promise<DuckDb> {
  try {
    return await importPackage<DuckDb>(specifier, { file, what: "results of SQL" });
  } catch (error) {
    if (Deno.permissions.querySync({ name: "ffi" }).state === "granted") throw error;
    throw new DataError(
      "Cannot run DuckDB: it is native code, which Deno was started without the permission for",
      { file, cause: error, hint: permissionHint("--allow-ffi") },
    );
  }
}

/** Runs what DuckDB does; what it throws is told by its words, without its drawing of the query. */
async function told<T>(file: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (cause) {
    const text = cause instanceof Error ? cause.message : String(cause);
    // without the arrow below the place, which would not stand there
    const [first, ...rest] = text.split("\n").map((line) => line.trimEnd())
      .filter((line) => !/^\s*\^?$/.test(line));
    throw new DataError(`Cannot run the query: ${first}`, {
      file,
      cause,
      hint: rest.length === 0 ? "correct the query" : rest.join("\n  "),
    });
  }
}

async function resultRows(
  result: DuckDbResult,
  { config, file, limit = Infinity }: {
    readonly config: DuckDbConfig;
    readonly file: string;
    readonly limit: number | undefined;
  },
): Promise<RowSource> {
  const { memoryBytes } = config;
  const ports = tableDataPorts(config);
  const reader = new TableReader(config, { isText: false });
  const checks = new RowChecks(config);
  const positions = positionsOf(result.columnNames(), { wanted: reader.columns, file });
  const parts: DecodedRows[] = [];
  let rows = 0;
  let seen = 0;
  while (rows < limit) {
    const chunk = await told(file, () => result.fetchChunk());
    if (chunk === null || chunk.rowCount === 0) break;
    const columns = positions.map((position) => chunk.getColumnValues(position));
    const before = seen;
    const part = reader.read({
      count: chunk.rowCount,
      file,
      row: (record) => before + record + 1,
      open: (record) => ({ cell: (column) => plainValue(columns[column]![record]) }),
    }, checks);
    parts.push(part);
    seen += chunk.rowCount;
    rows += part.rows;
    if (Math.min(rows, limit) * bytesPerRow(ports) > memoryBytes) {
      throw new DataError(
        `Cannot hold the rows of the query: they take more than the ${memoryBytes} bytes of memoryBytes`,
        {
          file,
          hint: "set a larger memoryBytes, select less, or write them once with copy (…) to " +
            "'rows.parquet', which parquet() reads in parts",
        },
      );
    }
  }
  checks.requireFew(file);
  if (rows === 0) {
    throw new DataError("Cannot use the query: it gives no row", {
      file,
      hint: "correct the query",
    });
  }
  const columns = joinColumns(parts, { ports, rows: Math.min(rows, limit) });
  return withInvalid(memoryRows({ ports, columns }), checks);
}

function positionsOf(
  names: readonly string[],
  { wanted, file }: { readonly wanted: readonly string[]; readonly file: string },
): number[] {
  return wanted.map((name) => {
    const position = names.indexOf(name);
    if (position >= 0) return position;
    const near = nearestName(name, names);
    throw new DataError(`Cannot use the query: it gives no column "${name}"`, {
      file,
      hint: (near === undefined ? "" : `did you mean "${near}"? `) +
        `the columns are ${names.slice(0, 20).map((known) => `"${known}"`).join(", ")}`,
    });
  });
}

/** A value of DuckDB as one of JSON: lists as arrays, decimals as numbers, dates and others as text. */
function plainValue(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if ("items" in value && Array.isArray(value.items)) return value.items.map(plainValue);
  if ("toDouble" in value && typeof value.toDouble === "function") return value.toDouble();
  return String(value);
}

/**
 * Loads the rows of an SQL query, by DuckDB: over files of Parquet, CSV and JSON that the query names, or
 * the tables of a DuckDB database. Columns are declared as those of {@linkcode jsonLines}; the types are
 * those of the result, in which a missing number is NULL, and dates are text unless the query casts them.
 * The rows are read as a stream, and must take no more than `memoryBytes`.
 *
 * DuckDB (`@duckdb/node-api`, 60 MB for one system) is fetched the first time. It is native code: Deno
 * needs `--allow-ffi`, which the tasks do not give, and DuckDB reads and writes whatever files a query
 * names, past Deno's other permissions. Run queries that you trust.
 *
 * Shapes: features `f32[batch, features]`, targets `f32[batch, targets]`, label `[batch]`, a column
 * `f32[batch, 1]`, `dtype[batch, …shape]`, `[batch]` or text `u8[batch, bytes]`
 *
 * Counterparts: Keras none; PyTorch none; TensorFlow.js none
 *
 * @returns A handle for each output.
 * @throws {DataError} When the query fails, lacks a column, gives a value that is not of its column's
 * type, or more rows than `memoryBytes` hold, as the data is opened.
 *
 * @example
 * ```ts
 * import { duckdb } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const rides = duckdb({
 *   query: "select distance, hour(start) as hour, fare from 'rides/*.parquet' where fare > 0",
 *   features: ["distance", "hour"],
 *   targets: ["fare"],
 * });
 * assertEquals(rides.features.port, "features"); // f32[batch, 2]
 * ```
 */
export function duckdb<
  const F extends readonly string[] = readonly [],
  const T extends readonly string[] = readonly [],
  const C extends readonly string[] = readonly [],
  // deno-lint-ignore ban-types
  const K extends TableColumns = {},
>(options: DuckDbOptions<F, T, C, K>): TableHandles<F, T, C, K> {
  return stage(options) as unknown as TableHandles<F, T, C, K>;
}

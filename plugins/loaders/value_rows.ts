/**
 * Rows of tables whose cells are values already: Parquet, Arrow, results of SQL. They come in batches
 * of columns.
 *
 * @module
 */
import {
  damagedFile,
  DataError,
  type DataPort,
  formatAmount,
  formatCount,
  nearestName,
  type RowSource,
  type ValueColumn,
  type ValueTable,
} from "../../core/mod.ts";
import { numberOf } from "../../core/execute/mod.ts";
import { blockRows, bytesPerRow } from "./block_rows.ts";
import { memoryRows } from "./memory_rows.ts";
import { RowChecks, withInvalid } from "./row_checks.ts";
import { type TableConfig, tableDataPorts } from "./table_columns.ts";
import { type DecodedRows, joinColumns, TableReader } from "./table_reader.ts";

/**
 * Opens the rows of a table: in memory where they fit, else batch by batch as they are wanted.
 *
 * @throws {DataError} When a column is missing, there is no row, or a value is not of its column's type.
 */
export async function valueRows(
  table: ValueTable,
  { config, memoryBytes, limit = Infinity, fingerprint }: {
    readonly config: TableConfig;
    readonly memoryBytes: number;
    readonly limit: number | undefined;
    /** Tells the file apart, where its rows are not held in memory to be hashed. */
    readonly fingerprint: () => string;
  },
): Promise<RowSource> {
  const ports = tableDataPorts(config);
  const reader = new TableReader(config, { isText: false });
  const checks = new RowChecks(config);
  requireColumns(table, reader.columns);
  // a limit is one of rows that are left
  const batches = batchesOf(table, checks.mayDrop ? Infinity : limit);
  if (!checks.mayDrop) requireCountable(table, Math.min(limit, sumOf(table.counts)));
  const load = (batch: Batch, checks: RowChecks) => readBatch(table, { batch, reader, checks });
  // where some rows may be left out, only reading them tells which
  const left = checks.mayDrop
    ? await checkBatches(batches, {
      ports,
      memoryBytes,
      limit,
      load: (batch) => load(batch, checks),
      requireCountable: (rows) => requireCountable(table, rows),
    })
    : { batches, parts: undefined };
  if (checks.mayDrop) checks.requireFew(table.file);
  const rows = Math.min(limit, sumOf(left.batches.map(({ rows }) => rows)));
  const again = checks.mayDrop ? checks.again() : checks;
  if (rows * bytesPerRow(ports) > memoryBytes) {
    // a batch may be empty
    const full = left.batches.filter(({ rows }) => rows > 0);
    const source = blockRows({
      ports,
      rows,
      begins: Uint32Array.from(beginsOf(full)),
      memoryBytes,
      fingerprint,
      load: async (block) => (await load(full[block]!, again)).columns,
      close: () => table.close(),
    });
    return withInvalid(source, checks);
  }
  const parts = left.parts ?? [];
  if (left.parts === undefined) {
    for (const batch of batches) {
      parts.push(await load(batch, checks));
    }
  }
  table.close();
  return withInvalid(memoryRows({ ports, columns: joinColumns(parts, { ports, rows }) }), checks);
}

const maxRows = 2 ** 32 - 1;

/** A batch, and how many rows it gives. */
interface Batch {
  readonly number: number;
  /** Row number of its first record in the table, from 0. */
  readonly firstRow: number;
  readonly rows: number;
}

/**
 * The batches that the first `limit` rows are in.
 *
 * @throws {DataError} When there is no row.
 */
function batchesOf({ counts, file, format }: ValueTable, limit: number): Batch[] {
  const begins = beginsOf(counts.map((rows) => ({ rows })));
  if (Math.min(limit, sumOf(counts)) === 0) {
    throw new DataError(`Cannot read the ${format} file: it has no row of data`, {
      file,
      hint: "name a file with rows",
    });
  }
  return counts.map((rows, number) => ({ number, rows, firstRow: begins[number]! }))
    .filter(({ firstRow }) => firstRow < limit);
}

/** Rows that are read have numbers of 32 bits. */
function requireCountable({ file }: ValueTable, rows: number): void {
  if (rows <= maxRows) return;
  throw new DataError(`Cannot read a table of ${formatAmount(rows, "row")}`, {
    file,
    hint: `expected at most ${formatCount(maxRows)}: --limit takes the first`,
  });
}

function sumOf(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

/** The first row of each of some stretches of rows. */
function beginsOf(stretches: readonly { readonly rows: number }[]): number[] {
  let begin = 0;
  return stretches.map(({ rows }) => (begin += rows) - rows);
}

/**
 * Reads batches once, which tells the rows that are left of each, until there are enough; they are kept
 * while they fit.
 */
async function checkBatches(
  batches: readonly Batch[],
  { ports, memoryBytes, limit, load, requireCountable }: {
    readonly ports: Readonly<Record<string, DataPort>>;
    readonly memoryBytes: number;
    readonly limit: number;
    readonly load: (batch: Batch) => Promise<DecodedRows>;
    readonly requireCountable: (rows: number) => void;
  },
): Promise<{ readonly batches: readonly Batch[]; readonly parts: DecodedRows[] | undefined }> {
  const left: Batch[] = [];
  let parts: DecodedRows[] | undefined = [];
  let bytes = 0;
  let rows = 0;
  for (const batch of batches) {
    if (rows >= limit) break;
    const part = await load(batch);
    left.push({ ...batch, rows: part.rows });
    rows += part.rows;
    requireCountable(Math.min(rows, limit));
    bytes += part.rows * bytesPerRow(ports);
    if (bytes > memoryBytes) parts = undefined;
    parts?.push(part);
  }
  return { batches: left, parts };
}

function requireColumns({ file, format, columns }: ValueTable, wanted: readonly string[]): void {
  for (const name of wanted) {
    if (columns.includes(name)) continue;
    const near = nearestName(name, columns);
    throw new DataError(`Cannot read the ${format} file: there is no column "${name}"`, {
      file,
      hint: (near === undefined ? "" : `did you mean "${near}"? `) +
        `the columns are ${columns.slice(0, 20).map((known) => `"${known}"`).join(", ")}` +
        (columns.length > 20 ? ", …" : ""),
    });
  }
}

async function readBatch(
  table: ValueTable,
  { batch: { number, firstRow }, reader, checks }: {
    readonly batch: Batch;
    readonly reader: TableReader;
    readonly checks: RowChecks;
  },
): Promise<DecodedRows> {
  const { file, format } = table;
  const count = table.counts[number]!;
  const values = await readValues(table, number, reader.columns);
  for (const [name, { length }] of Object.entries(values)) {
    if (length === count) continue;
    throw new DataError(
      `Cannot read the ${format} file: received ${formatAmount(length, "value")} in batch ${
        number + 1
      }, expected ${count}`,
      { file, column: name, hint: "the file is damaged: get it again" },
    );
  }
  const columns = reader.columns.map((name) => values[name]!);
  return reader.read({
    count,
    file,
    row: (record) => firstRow + record + 1,
    numbers(column) {
      const values = columns[column]!;
      return (record) => numberOf(values[record]);
    },
    open: (record) => ({ cell: (column) => columns[column]![record] }),
  }, checks);
}

/** What the library that reads the file threw is told as what it is: the file's fault. */
async function readValues(
  table: ValueTable,
  batch: number,
  columns: readonly string[],
): Promise<Readonly<Record<string, ValueColumn>>> {
  try {
    return await table.read(batch, columns);
  } catch (cause) {
    throw damagedFile(table, cause);
  }
}

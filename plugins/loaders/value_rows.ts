/**
 * Rows of tables whose cells are values already: Parquet, Arrow, results of SQL. They come in batches
 * of columns.
 *
 * @module
 */
import { DataError, formatAmount, nearestName, type RowSource } from "../../core/mod.ts";
import { blockRows, bytesPerRow } from "./block_rows.ts";
import { cellReader } from "./cells.ts";
import { allocateColumns, type MemoryColumns, memoryRows } from "./memory_rows.ts";
import { type TableConfig, tableDataPorts, type TablePort, tablePorts } from "./table_columns.ts";

/** A column of values, or of missing ones. */
export type ValueColumn = ArrayLike<unknown>;

/** A table in batches. */
export interface ValueTable {
  /** The path, for messages. */
  readonly file: string;
  /** What kind of file it is, for messages. */
  readonly format: string;
  /** Names of its columns. */
  readonly columns: readonly string[];
  /** Number of rows of each batch. */
  readonly counts: readonly number[];
  /** Reads columns of a batch, each of as many values as it has rows. One batch at a time. */
  read(batch: number, columns: readonly string[]): Promise<Readonly<Record<string, ValueColumn>>>;
  /** Lets go of files. */
  close(): void;
}

/** Names of the columns that a table's ports read, each once. */
export function columnsRead(config: TableConfig): string[] {
  return [...new Set(tablePorts(config).flatMap(({ columns }) => columns))];
}

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
    readonly fingerprint: string;
  },
): Promise<RowSource> {
  const ports = tableDataPorts(config);
  requireColumns(table, columnsRead(config));
  const begins: number[] = [];
  let rows = 0;
  for (const count of table.counts) {
    begins.push(rows);
    rows += count;
  }
  rows = Math.min(rows, limit);
  if (rows === 0) {
    throw new DataError(`Cannot read the ${table.format} file: it has no row of data`, {
      file: table.file,
      hint: "name a file with rows",
    });
  }
  if (!Number.isSafeInteger(rows) || rows > maxRows) {
    throw new DataError(`Cannot read a table of ${formatAmount(rows, "row")}`, {
      file: table.file,
      hint: `expected at most ${maxRows}`,
    });
  }
  const load = (batch: number) => readBatch(table, { config, batch, firstRow: begins[batch]! });
  if (rows * bytesPerRow(ports) > memoryBytes) {
    return blockRows({
      ports,
      rows,
      // a batch may be empty
      begins: Uint32Array.from(begins.filter((_, i) => table.counts[i]! > 0)),
      memoryBytes,
      fingerprint,
      load: (block) => load(nonEmpty(table.counts)[block]!),
      close: () => table.close(),
    });
  }
  const parts: MemoryColumns[] = [];
  for (let batch = 0; batch < begins.length && begins[batch]! < rows; batch++) {
    parts.push(await load(batch));
  }
  table.close();
  const columns = allocateColumns(ports, rows);
  for (const [name, all] of Object.entries(columns)) {
    let at = 0;
    for (const part of parts) {
      const own = part[name]!;
      all.set(own.subarray(0, all.length - at), at);
      at = Math.min(all.length, at + own.length);
    }
  }
  return memoryRows({ ports, columns });
}

const maxRows = 2 ** 32 - 1;

function nonEmpty(counts: readonly number[]): number[] {
  return counts.flatMap((count, batch) => count > 0 ? [batch] : []);
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
  { config, batch, firstRow }: {
    readonly config: TableConfig;
    readonly batch: number;
    readonly firstRow: number;
  },
): Promise<MemoryColumns> {
  const count = table.counts[batch]!;
  const values = await readValues(table, batch, columnsRead(config));
  for (const [name, { length }] of Object.entries(values)) {
    if (length === count) continue;
    throw new DataError(
      `Cannot read the ${table.format} file: received ${formatAmount(length, "value")} in batch ${
        batch + 1
      }, expected ${count}`,
      { file: table.file, column: name, hint: "the file is damaged: get it again" },
    );
  }
  const columns = allocateColumns(tableDataPorts(config), count);
  for (const port of tablePorts(config)) {
    const read = cellReader(port, { isText: false, missing: config.missing });
    port.columns.forEach((name, index) =>
      fillColumn(columns, { port, index, read, values: values[name]!, name, firstRow, table })
    );
  }
  return columns;
}

function fillColumn(
  columns: MemoryColumns,
  { port, index, read, values, name, firstRow, table: { file } }: {
    readonly port: TablePort;
    readonly index: number;
    readonly read: ReturnType<typeof cellReader>;
    readonly values: ValueColumn;
    readonly name: string;
    readonly firstRow: number;
    readonly table: ValueTable;
  },
): void {
  const target = columns[port.name]!;
  for (let at = 0; at < values.length; at++) {
    read(target, { at, index, cell: values[at] }, () => ({
      file,
      row: firstRow + at + 1,
      column: name,
    }));
  }
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

/** The error for a file that a library cannot read. */
export function damagedFile(
  { file, format }: Pick<ValueTable, "file" | "format">,
  cause: unknown,
): DataError {
  if (cause instanceof DataError) return cause;
  const what = cause instanceof Error ? cause.message.split("\n")[0]!.slice(0, 160) : String(cause);
  return new DataError(`Cannot read the ${format} file: ${what}`, {
    file,
    cause,
    hint: "the file is damaged, or written in a way that is not known here: write it anew",
  });
}

/**
 * Reading the records of a table into rows: each cell into its place, and the rules checked. Loaders of
 * tables say where a record's cells are, and nothing more.
 *
 * @module
 */
import {
  DataError,
  type DataPort,
  type Elements,
  missingTexts,
  parseDecimal,
} from "../../core/mod.ts";
import {
  type CellPlace,
  cellReader,
  listOf,
  numberOf,
  type ReadCell,
  someNumber,
  textOfCell,
} from "../../core/execute/mod.ts";
import { allocateColumns, type MemoryColumns, rowSize } from "./memory_rows.ts";
import type { RowChecks } from "./row_checks.ts";
import { type FindBroken, ruleFinder, type TableRecord } from "./row_rules.ts";
import { type TableConfig, tableDataPorts, type TablePort, tablePorts } from "./table_columns.ts";

/** Rows, as the elements of each port. */
export interface DecodedRows {
  readonly rows: number;
  /** Elements of each port, for these rows. */
  readonly columns: MemoryColumns;
}

/** A record: the cells of the columns that are read, in the order of `TableReader.columns`. */
export interface RecordCells {
  /** Gives a cell, by the number of its column; `undefined` where it is missing. */
  cell(column: number): unknown;
  /** The error to be told instead of one that a cell gave rise to. */
  explain?(error: DataError, column: number): DataError;
}

/** Where records are, and what is in them. */
export interface RecordList {
  /** Number of records. */
  readonly count: number;
  /** Path of the file, for messages. */
  readonly file: string;
  /** The row of a record in the file, from 1. */
  row(record: number): number;
  /**
   * The cells of a column of numbers, by their records, where they are known without taking those apart;
   * NaN where one is not, or is no number. Where there is such a function, all records can be taken apart.
   */
  readonly numbers?: (column: number) => (record: number) => number;
  /**
   * Takes a record apart.
   *
   * @throws {DataError} With a `reason`, when it is none.
   */
  open(record: number): RecordCells;
}

/** Numbers up to this one are numbers of f32, and need no closer look. */
const largest = 3.4e38;

interface BoundColumn {
  readonly name: string;
  readonly number: number;
  readonly port: string;
  /** Which of the port's columns it is. */
  readonly index: number;
  readonly read: ReadCell;
}

/** Reads records as a table's options declare them. */
export class TableReader {
  /** The columns that are read, each once. */
  readonly columns: readonly string[];
  readonly #ports: Readonly<Record<string, DataPort>>;
  readonly #bound: readonly BoundColumn[];
  readonly #findBroken: FindBroken | undefined;
  readonly #values: readonly ((cell: unknown) => unknown)[];
  /** Columns of numbers, which may be read one after the other. */
  readonly #numbers: readonly BoundColumn[];

  /** Prepares for a table whose cells are text, as in CSV, or values. */
  constructor(
    config: TableConfig,
    { isText, missingTexts: absent }: {
      readonly isText: boolean;
      readonly missingTexts?: readonly string[] | undefined;
    },
  ) {
    const ports = tablePorts(config);
    const options = { isText, missingTexts: absent };
    this.columns = columnsRead(config);
    this.#ports = tableDataPorts(config);
    this.#bound = ports.flatMap((port) => {
      const read = cellReader(port.data, options);
      return port.columns.map((name, index) => ({
        name,
        number: this.columns.indexOf(name),
        port: port.name,
        index,
        read,
      }));
    });
    const hasNumbers = !isText || !someNumber(absent ?? []);
    this.#numbers = !hasNumbers ? [] : this.#bound.filter(({ port }) => {
      const data = this.#ports[port]!;
      return data.kind === "tensor" && data.dtype === "f32" && data.columns !== undefined;
    });
    this.#findBroken = ruleFinder(config);
    this.#values = this.columns.map((name) =>
      valueReader(ports.find(({ columns }) => columns.includes(name))!, options)
    );
  }

  /** Reads records into rows, without those that are left out. */
  read(records: RecordList, checks: RowChecks): DecodedRows {
    const { count } = records;
    const target = allocateColumns(this.#ports, count);
    const done = this.#readNumbers(records, target);
    const left = this.#bound.filter((column) => !done.has(column));
    if (left.length === 0 && this.#findBroken === undefined) {
      checks.takeAll(count);
      return { rows: count, columns: target };
    }
    let rows = 0;
    for (let record = 0; record < count; record++) {
      const isRow = checks.take(() =>
        this.#readRecord(records, { record, left, target, at: rows })
      );
      if (isRow) {
        if (rows < record) this.#move(done, { target, from: record, to: rows });
        rows++;
      } else if (checks.mayDrop) this.#clear(target, rows);
    }
    return { rows, columns: rows === count ? target : this.#cut(target, rows) };
  }

  /**
   * Reads columns of numbers as a whole: those without any fault, so that the first fault of a table is
   * found where it is told from the others', record by record.
   */
  #readNumbers(
    records: RecordList,
    target: Readonly<Record<string, Elements>>,
  ): ReadonlySet<BoundColumn> {
    if (records.numbers === undefined) return new Set();
    return new Set(this.#numbers.filter((column) => {
      try {
        this.#readColumn(column, { records, target: target[column.port]! });
        return true;
      } catch (error) {
        if (error instanceof DataError) return false;
        throw error;
      }
    }));
  }

  #readColumn(
    { name, number: column, port, index, read }: BoundColumn,
    { records, target }: { readonly records: RecordList; readonly target: Elements },
  ): void {
    const { count, file } = records;
    const numberAt = records.numbers!(column);
    const width = rowSize(this.#ports[port]!);
    for (let record = 0; record < count; record++) {
      const value = numberAt(record);
      if (Math.abs(value) <= largest) {
        target[record * width + index] = value;
        continue;
      }
      const cell = records.open(record).cell(column);
      read(
        target,
        { at: record, index, cell },
        () => ({ file, row: records.row(record), column: name }),
      );
    }
  }

  /** Takes what was read of columns as a whole to where a row is, when others were left out before. */
  #move(
    columns: ReadonlySet<BoundColumn>,
    { target, from, to }: {
      readonly target: Readonly<Record<string, Elements>>;
      readonly from: number;
      readonly to: number;
    },
  ): void {
    for (const { port, index } of columns) {
      const elements = target[port]!;
      const width = rowSize(this.#ports[port]!);
      elements[to * width + index] = elements[from * width + index]!;
    }
  }

  #readRecord(
    records: RecordList,
    { record, left, target, at }: {
      readonly record: number;
      readonly left: readonly BoundColumn[];
      readonly target: Readonly<Record<string, Elements>>;
      readonly at: number;
    },
  ): readonly DataError[] {
    const cells = records.open(record);
    const place = (column: string): CellPlace => ({
      file: records.file,
      row: records.row(record),
      column,
    });
    for (const { name, number, port, index, read } of left) {
      try {
        read(target[port]!, { at, index, cell: cells.cell(number) }, () => place(name));
      } catch (error) {
        const isTold = error instanceof DataError && cells.explain !== undefined;
        throw isTold ? cells.explain!(error, number) : error;
      }
    }
    if (this.#findBroken === undefined) return [];
    const values: TableRecord = Object.fromEntries(
      this.columns.map((name, i) => [name, this.#values[i]!(cells.cell(i))]),
    );
    return this.#findBroken(values, place);
  }

  /** Takes away what a row that was left out has written. */
  #clear(target: Readonly<Record<string, Elements>>, at: number): void {
    for (const [name, port] of Object.entries(this.#ports)) {
      const width = rowSize(port);
      target[name]!.fill(0, at * width, (at + 1) * width);
    }
  }

  #cut(target: Readonly<Record<string, Elements>>, rows: number): MemoryColumns {
    return Object.fromEntries(
      Object.entries(this.#ports).map((
        [name, port],
      ) => [name, target[name]!.subarray(0, rows * rowSize(port))]),
    );
  }
}

/** Names of the columns that a table's ports read, each once. */
export function columnsRead(config: TableConfig): string[] {
  return [...new Set(tablePorts(config).flatMap(({ columns }) => columns))];
}

/** The first rows of parts, one after the other. */
export function joinColumns(
  parts: readonly DecodedRows[],
  { ports, rows }: {
    readonly ports: Readonly<Record<string, DataPort>>;
    readonly rows: number;
  },
): MemoryColumns {
  const columns = allocateColumns(ports, rows);
  for (const [name, all] of Object.entries(columns)) {
    let at = 0;
    for (const { columns: part } of parts) {
      const own = part[name]!;
      all.set(own.subarray(0, all.length - at), at);
      at = Math.min(all.length, at + own.length);
    }
  }
  return columns;
}

/** A cell that was read without a fault, as rules see it. */
function valueReader(
  { data }: TablePort,
  { isText, ...options }: {
    readonly isText: boolean;
    readonly missingTexts?: readonly string[] | undefined;
  },
): (cell: unknown) => unknown {
  const absent = new Set<unknown>(options.missingTexts ?? missingTexts);
  const number = (cell: unknown) => {
    const value = !isText
      ? numberOf(cell)
      : absent.has((cell as string).trim())
      ? NaN
      : parseDecimal((cell as string).trim());
    return Number.isNaN(value) ? null : value;
  };
  if (data.kind === "labels") {
    return data.names === undefined ? number : (cell) => (textOfCell(cell) ?? String(cell)).trim();
  }
  if (data.encoding !== undefined) return textOfCell;
  return data.columns === undefined ? plainList : number;
}

/** Lists of Parquet and Arrow as those of JSON. */
function plainList(cell: unknown): unknown {
  const items = listOf(cell);
  return items === undefined ? cell : Array.from(items, plainList);
}

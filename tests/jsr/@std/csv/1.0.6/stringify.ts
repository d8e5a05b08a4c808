/**
 * Stand-in for `@std/csv/stringify`, over csv-stringify.
 *
 * @module
 */
import { stringify as stringifyRecords } from "npm:csv-stringify@6.9.0/sync";

/** A key of an object, or an index of an array. */
export type PropertyAccessor = number | string;

/** Where a column's value is found, and what the column is called. */
export interface ColumnDetails {
  /** Name of the column; the last accessor by default. */
  header?: string;
  /** The accessors, outermost first. */
  prop: PropertyAccessor | readonly PropertyAccessor[];
}

/** A column of {@linkcode stringify}. */
export type Column = ColumnDetails | PropertyAccessor | readonly PropertyAccessor[];

/** A row of {@linkcode stringify}. */
export type DataItem = Readonly<Record<string, unknown>> | readonly unknown[];

/** Options of {@linkcode stringify}. */
export interface StringifyOptions {
  /** Writes the names of the columns first, `true` by default. */
  headers?: boolean;
  /** What stands between values, `","` by default. */
  separator?: string;
  /** The columns; needed where rows are objects. */
  columns?: readonly Column[];
  /** Writes a byte-order mark first. */
  bom?: boolean;
}

/** Renders rows as CSV with lines that end in CRLF. */
export function stringify(data: readonly DataItem[], options: StringifyOptions = {}): string {
  const { separator = ",", columns = [], headers = true, bom = false } = options;
  if (separator.includes('"') || separator.includes("\r\n")) {
    throw new TypeError("Separator cannot include a quotation mark or a line break");
  }
  const paths = columns.map(pathOf);
  const rows = data.map((item) => {
    if (paths.length > 0) return paths.map((path) => path.reduce(valueAt, item as unknown));
    if (Array.isArray(item)) return item;
    throw new TypeError("No property accessor function was provided for object");
  });
  if (headers && columns.length > 0) rows.unshift(columns.map(headerOf));
  return stringifyRecords(rows.map((row) => row.map(textOf)), {
    bom,
    delimiter: separator,
    quoted_match: /\n/,
    record_delimiter: "\r\n",
  });
}

function isPath(x: unknown): x is readonly PropertyAccessor[] {
  return Array.isArray(x);
}

function pathOf(column: Column): readonly PropertyAccessor[] {
  if (isPath(column)) return column;
  if (typeof column !== "object") return [column];
  return isPath(column.prop) ? column.prop : [column.prop];
}

function headerOf(column: Column): string {
  const named = typeof column === "object" && "header" in column ? column.header : undefined;
  return named ?? String(pathOf(column).at(-1));
}

function valueAt(value: unknown, key: PropertyAccessor): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value) && typeof key !== "number") {
    throw new TypeError('Property accessor is not of type "number"');
  }
  return Reflect.get(value, key);
}

function textOf(value: unknown): string {
  if (value === undefined || value === null) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/**
 * One number per row out of a port, to divide or choose rows by.
 *
 * @module
 */
import {
  allocateElements,
  type DataPort,
  type Elements,
  nearestName,
  type PipelineError,
  pipelineError,
  type RowSource,
} from "../../core/mod.ts";
import { rowSize } from "../loaders/memory_rows.ts";

/** The ports of a stage that gives rows. */
export type Ports = Readonly<Record<string, DataPort>>;

/** Where the key of a row is: a port, and which of a row's elements; all of them, for text. */
interface KeyPlace {
  readonly port: string;
  readonly element: number | "all";
}

/** Bytes of rows that are read at a time. */
const chunkBytes = 1 << 24;

/**
 * Finds a column: a port, as `"label"`, or a column of a port, as `"features.age"`.
 *
 * @throws {RangeError} When there is none, or the port has several columns and none is named.
 */
export function requireColumn(ports: Ports, column: string): void {
  placeOf(ports, column);
}

/**
 * Finds a column that tells the time of rows.
 *
 * @throws {RangeError} Also when it has classes, which have no order.
 */
export function requireTimes(ports: Ports, column: string): void {
  const { port } = placeOf(ports, column);
  if (ports[port]!.kind !== "labels") return;
  throw new RangeError(
    `Cannot order rows by "${column}": received classes, expected numbers, or dates in text`,
  );
}

function placeOf(ports: Ports, column: string): KeyPlace {
  const dot = column.indexOf(".");
  const port = column in ports || dot < 0 ? column : column.slice(0, dot);
  const data = ports[port];
  if (data === undefined) {
    const known = Object.entries(ports).flatMap(([name, data]) =>
      data.kind === "tensor" && data.columns !== undefined && data.columns.length > 1
        ? data.columns.map((column) => `${name}.${column}`)
        : [name]
    );
    const nearest = nearestName(column, known);
    throw new RangeError(
      `Cannot find the column "${column}": ` +
        (nearest === undefined ? `there are ${known.join(", ")}` : `did you mean "${nearest}"?`),
    );
  }
  if (data.kind === "labels") return { port, element: 0 };
  if (data.encoding !== undefined) return { port, element: "all" };
  const { columns } = data;
  const element = port === column ? -1 : columns?.indexOf(column.slice(port.length + 1)) ?? -1;
  if (element >= 0) return { port, element };
  if (port === column && rowSize(data) === 1) return { port, element: 0 };
  const nearest = port === column ? undefined : nearestName(column.slice(dot + 1), columns ?? []);
  throw new RangeError(
    port === column
      ? `Cannot use "${column}" as one column: it has ${rowSize(data)} numbers a row` +
        (columns === undefined ? "" : `; name one, as "${port}.${columns[0]}"`)
      : `Cannot find the column "${column}": ` +
        (nearest === undefined
          ? `"${port}" has ${columns?.join(", ") ?? "no named columns"}`
          : `did you mean "${port}.${nearest}"?`),
  );
}

/** Reads one number for each row: the value of a column; for text, equal numbers for equal texts. */
export async function readKeys(
  source: RowSource,
  { ports, column }: { readonly ports: Ports; readonly column: string },
): Promise<Float64Array> {
  const { port, element } = placeOf(ports, column);
  const width = rowSize(ports[port]!);
  const keys = new Float64Array(source.rows);
  const texts = new Map<string, number>();
  const keyOf = (values: Elements, row: number): number => {
    if (element !== "all") return values[row * width + element]!;
    const text = String.fromCharCode(...values.subarray(row * width, (row + 1) * width));
    if (!texts.has(text)) texts.set(text, texts.size);
    return texts.get(text)!;
  };
  for await (const { first, rows, columns } of readChunks(source, ports)) {
    for (let row = 0; row < rows; row++) keys[first + row] = keyOf(columns[port]!, row);
  }
  return keys;
}

/**
 * Reads the time of each row: its number, or the milliseconds of its date in text.
 *
 * @param options.path The stage, for messages.
 * @throws {PipelineError} When a row has no number, or its text is no date.
 */
export async function readTimes(
  source: RowSource,
  { ports, column, path }: {
    readonly ports: Ports;
    readonly column: string;
    readonly path: string;
  },
): Promise<Float64Array> {
  const { port, element } = placeOf(ports, column);
  const width = rowSize(ports[port]!);
  const times = new Float64Array(source.rows);
  for await (const { first, rows, columns } of readChunks(source, ports)) {
    for (let row = 0; row < rows; row++) {
      const values = columns[port]!.subarray(row * width, (row + 1) * width);
      const found = element === "all" ? textOf(values) : values[element]!;
      const time = typeof found === "string" ? timeOf(found) : found;
      if (Number.isNaN(time)) throw noTime(found, { path, column, row: first + row });
      times[first + row] = time;
    }
  }
  return times;
}

/** A date of ISO 8601, or with a space before the time. */
const date = /^\d{4}(?:-\d\d(?:-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?)?)?$/;

/** The time of a date, which is UTC where it says nothing else; NaN of anything else. */
function timeOf(text: string): number {
  const found = date.exec(text);
  if (found === null) return NaN;
  const isUtc = text.length <= 10 || found[1] !== undefined;
  return Date.parse(text.replace(" ", "T") + (isUtc ? "" : "Z"));
}

function textOf(bytes: Elements): string {
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(Uint8Array.from(end < 0 ? bytes : bytes.subarray(0, end)));
}

function noTime(
  found: number | string,
  { path, column, row }: { readonly path: string; readonly column: string; readonly row: number },
): PipelineError {
  return pipelineError({
    code: "split",
    path,
    message: `Cannot divide rows by time: row ${row + 1} has no time in "${column}"`,
    received: typeof found === "string" ? JSON.stringify(found) : String(found),
    expected: typeof found === "string"
      ? "a date, as 2020-01-31 or 2020-01-31T12:30:00Z"
      : "a number",
    hint: typeof found === "string"
      ? "let the text hold whole dates, or give a column of numbers that ascend with time"
      : "leave out rows without a time",
  });
}

/** Some rows of a source, in their order. */
export interface RowChunk {
  /** Number of the first row. */
  readonly first: number;
  readonly rows: number;
  /** Elements by port; they change with the next chunk. */
  readonly columns: Readonly<Record<string, Elements>>;
}

/** Reads all rows of a source in their order, in bounded memory. */
export async function* readChunks(source: RowSource, ports: Ports): AsyncGenerator<RowChunk> {
  const names = Object.entries(ports);
  const rowBytes = names.reduce((sum, [, port]) => sum + 4 * rowSize(port), 0);
  const most = Math.max(1, Math.min(4096, Math.floor(chunkBytes / Math.max(1, rowBytes))));
  for (let first = 0; first < source.rows; first += most) {
    const rows = Math.min(most, source.rows - first);
    const columns = Object.fromEntries(
      names.map(([name, port]) => [name, allocateElements(port.dtype, rows * rowSize(port))]),
    );
    await source.read(Uint32Array.from({ length: rows }, (_, i) => first + i), columns);
    yield { first, rows, columns };
  }
}

/**
 * From the cells of a table to records: each port takes the columns that it names, or the one that is called
 * as it is, or, alone, all of them.
 *
 * @module
 */
import { DataError, nearestName } from "../errors.ts";
import { formatAmount } from "../format.ts";
import { allocateElements, type Elements, type HostTensor, sizeOf } from "../tensor/mod.ts";
import type { DataPort } from "../declare/mod.ts";
import {
  type CellPlace,
  cellReader,
  type FileReader,
  numberReader,
  type ReadCell,
  type Records,
} from "../execute/mod.ts";
import type { RecordBatch, RecordTable } from "./record_table.ts";

/** Columns of a table that hold a port's records, in the port's order. */
interface BoundPort {
  readonly name: string;
  readonly port: DataPort;
  readonly columns: readonly string[];
  /** Elements of a record. */
  readonly width: number;
  readonly read: ReadCell;
}

/** Whether a port carries text. */
export function isText(port: DataPort): boolean {
  return port.kind === "tensor" && port.encoding !== undefined;
}

/**
 * Reads records for every port, at most as many as a limit says.
 *
 * @throws {DataError} When columns are missing, or a cell is not what its port carries.
 */
export async function recordsOfTable(
  table: RecordTable,
  { ports, limit, textOf = (text) => text }: {
    readonly ports: Readonly<Record<string, DataPort>>;
    readonly limit: number;
    /** What the pipeline's loader makes of a text. */
    readonly textOf?: FileReader["textOf"] | undefined;
  },
): Promise<Records> {
  const isAlone = Object.keys(ports).length === 1;
  const bound = Object.entries(ports).map(([name, port]) => bind(table, { name, port, isAlone }));
  const columns = [...new Set(bound.flatMap(({ columns }) => columns))];
  const parts = new Map<string, Elements[]>(bound.map(({ name }) => [name, []]));
  let rows = 0;
  for await (const batch of table.batches(columns)) {
    const count = Math.min(batch.count, limit - rows);
    for (const port of bound) {
      parts.get(port.name)!.push(readBatch(batch, { table, port, columns, count, textOf }));
    }
    rows += count;
    if (rows >= limit) break;
  }
  return Object.fromEntries(
    bound.map(({ name, port, width }): [string, HostTensor] => {
      const data = allocateElements(port.dtype, rows * width);
      let at = 0;
      for (const part of parts.get(name)!) {
        data.set(part, at);
        at += part.length;
      }
      return [name, {
        dtype: port.dtype,
        shape: [rows, ...(port.kind === "tensor" ? port.shape : [])],
        data,
      }];
    }),
  );
}

function readBatch(
  batch: RecordBatch,
  { table, port, columns, count, textOf }: {
    readonly table: RecordTable;
    readonly port: BoundPort;
    readonly columns: readonly string[];
    readonly count: number;
    readonly textOf: NonNullable<FileReader["textOf"]>;
  },
): Elements {
  const elements = allocateElements(port.port.dtype, count * port.width);
  for (const [index, name] of port.columns.entries()) {
    const column = columns.indexOf(name);
    for (let at = 0; at < count; at++) {
      const place = () => ({
        file: table.file,
        row: batch.row(at),
        column: table.isNamed ? name : Number(name),
      });
      try {
        let cell = batch.cell(at, column);
        if (isText(port.port)) {
          if (cell === undefined) throw noText(place());
          if (typeof cell === "string") cell = textOf(cell, place());
        }
        port.read(elements, { at, index, cell }, place);
      } catch (error) {
        throw batch.explain?.(at, column) ?? error;
      }
    }
  }
  return elements;
}

/** Of a loader a missing text is empty; a record to predict from more likely lacks it by mistake. */
function noText(place: CellPlace): DataError {
  return new DataError("Cannot read the field as text: it is missing", {
    ...place,
    hint: "give every record its text, which may be empty",
  });
}

interface Place {
  readonly name: string;
  readonly port: DataPort;
  /** Whether the table is for this port alone. */
  readonly isAlone: boolean;
}

function bind(table: RecordTable, { name, port, isAlone }: Place): BoundPort {
  const { isText: isTextTable, isNamed } = table;
  const options = { isText: isTextTable };
  const width = port.kind === "labels" ? 1 : sizeOf(port.shape);
  const own = port.kind === "labels" ? port.column && [port.column] : port.columns;
  if (isNamed && own) {
    requireColumns(own, { table, name, port });
    return { name, port, columns: own, width, read: cellReader(port, options) };
  }
  // a column of lists is called as its port is
  const short = name.slice(name.lastIndexOf(".") + 1);
  if (isNamed && !isTextTable && table.columns.includes(short)) {
    return { name, port, columns: [short], width, read: cellReader(port, options) };
  }
  if (!isAlone) {
    throw new DataError(
      isNamed
        ? `Cannot find the columns of "${name}": the port does not name any`
        : `Cannot find the columns of "${name}": the file has no header`,
      { file: table.file, hint: `give --input ${name}=FILE` },
    );
  }
  const isOne = port.kind === "labels" || isText(port);
  const wanted = isOne ? 1 : width;
  if (table.columns.length !== wanted) {
    throw new DataError(
      `Cannot use these records for "${name}": received ${
        formatAmount(table.columns.length, "field")
      } in a row, expected ${wanted}` +
        (own
          ? ", or a header that names the columns"
          : isTextTable || isOne
          ? ""
          : `, or "${short}"`),
      { file: table.file, row: 1 },
    );
  }
  const read = port.kind === "labels" || isText(port)
    ? cellReader(port, options)
    : numberReader(port, options);
  return { name, port, columns: table.columns, width, read };
}

function requireColumns(
  wanted: readonly string[],
  { table: { file, columns, isText }, name, port }: {
    readonly table: RecordTable;
    readonly name: string;
    readonly port: DataPort;
  },
): void {
  const mayMiss = port.kind === "tensor" && port.missing === "nan" && !isText;
  const missing = mayMiss ? [] : wanted.filter((column) => !columns.includes(column));
  if (missing.length === 0) return;
  const near = missing.length === 1 ? nearestName(missing[0]!, columns) : undefined;
  const quoted = (names: readonly string[]) => names.map((name) => `"${name}"`).join(", ");
  throw new DataError(
    `Cannot find the column${missing.length === 1 ? "" : "s"} ${quoted(missing)} of "${name}": ` +
      `the ${isText ? "header" : "table"} has ${quoted(columns)}`,
    {
      file,
      row: 1,
      hint: near !== undefined
        ? `is it "${near}"?`
        : isText
        ? "begin the file with a header that names them; other columns are passed over"
        : "give them; other columns are passed over",
    },
  );
}

/**
 * Records to predict from: files of CSV, NPY or IDX become a tensor per data port, row by row as the
 * port has them. What does not fit is refused with file, row and column.
 *
 * @module
 */
import { DataError, nearestName, UsageError } from "../errors.ts";
import { formatAmount, formatCount } from "../format.ts";
import {
  allocateElements,
  type DType,
  formatShape,
  type HostTensor,
  sameShape,
  type Shape,
  sizeOf,
} from "../tensor/mod.ts";
import type { DataPort } from "../declare/mod.ts";
import type { Records } from "../execute/mod.ts";
import {
  type CsvColumn,
  fileError,
  fileName,
  locate,
  readCsv,
  readIdx,
  readNpy,
  type Tell,
} from "../formats/mod.ts";

/** The data ports that records are wanted for, by `"stage.port"`. */
export type RecordPorts = Readonly<Record<string, DataPort>>;

/** A value of `--input`: a file, with the port that it is for. */
export interface Input {
  /** `undefined` when the file is for whatever ports there are. */
  readonly port: string | undefined;
  /** Path of the file. */
  readonly file: string;
}

/**
 * Parses the values of `--input`: `file`, or `stage.port=file`.
 *
 * @param options.extensions Ends of names of files that are a record each, for messages.
 *
 * @throws {UsageError} When there is none, a port is unknown, twice there, or without a file.
 */
export function parseInputs(
  texts: readonly string[],
  ports: RecordPorts,
  { extensions = [] }: { readonly extensions?: readonly string[] | undefined } = {},
): readonly Input[] {
  const names = Object.keys(ports);
  const inputs = texts.map((text): Input => {
    const [, port, file] = /^([^=/\\]+)=(.+)$/s.exec(text) ?? [];
    if (port === undefined || file === undefined) return { port: undefined, file: text };
    if (port in ports) return { port, file };
    const nearest = nearestName(port, names);
    throw new UsageError(
      `Cannot use "--input ${text}": there is no data port "${port}" to predict from\n  hint: ` +
        (nearest === undefined ? `ports: ${names.join(", ")}` : `did you mean "${nearest}"?`),
    );
  });
  if (inputs.length === 0) {
    throw new UsageError(
      `Cannot predict: --input is missing; wanted: ${
        names.map((name) => `${name} ${portText(ports[name]!)}`).join(", ")
      }${
        extensions.length === 0
          ? ""
          : `, or a file of ${extensions.join(", ")}, or a folder of such`
      }`,
    );
  }
  const [first] = inputs;
  if (inputs.length === 1 && first!.port === undefined) return inputs;
  for (const { port, file } of inputs) {
    if (port === undefined && (names.length > 1 || inputs.length > 1)) {
      throw new UsageError(
        `Cannot use "--input ${file}": name its port, as --input ${names[0]}=${file}`,
      );
    }
    if (inputs.filter((input) => input.port === port).length > 1) {
      throw new UsageError(`Cannot use "--input ${port}=${file}": the port has a file already`);
    }
  }
  const missing = names.filter((name) => !inputs.some((input) => input.port === name));
  if (missing.length > 0) {
    throw new UsageError(
      `Cannot predict: --input is missing for ${missing.join(", ")}; ` +
        `give --input ${missing[0]}=FILE too`,
    );
  }
  return inputs;
}

/** Finds the files of inputs, which may be where loaders find theirs: on the web, in archives, too. */
export async function locateInputs(
  inputs: readonly Input[],
  tell: Tell,
): Promise<readonly Input[]> {
  const located: Input[] = [];
  for (const { port, file } of inputs) {
    located.push({ port, file: fileName(await locate(file, tell)) });
  }
  return located;
}

function portText(port: DataPort): string {
  return port.kind === "tensor"
    ? `(${port.dtype}${formatShape(["rows", ...port.shape])})`
    : `(class labels of ${port.classes} classes)`;
}

/**
 * Reads records for every port.
 *
 * @throws {DataError} When a file cannot be read or does not fit its port.
 * @throws {UsageError} When one file is given for ports that cannot share it.
 */
export async function readRecords(
  inputs: readonly Input[],
  { ports, limit }: { readonly ports: RecordPorts; readonly limit?: number },
): Promise<Records> {
  const records: Record<string, HostTensor> = {};
  for (const { port, file } of inputs) {
    const wanted = port === undefined ? ports : { [port]: ports[port]! };
    Object.assign(records, await recordsIn(file, wanted));
  }
  const rows = Object.entries(records).map(([port, { shape }]) => [port, shape[0]!] as const);
  const [first] = rows;
  for (const [port, count] of rows) {
    if (count !== first![1]) {
      throw new DataError(
        `Cannot match the records of "${port}" and "${first![0]}": ` +
          `received ${formatCount(count)} and ${formatAmount(first![1], "row")}, expected as many`,
        { file: inputs.find((input) => input.port === port)?.file ?? inputs[0]!.file },
      );
    }
  }
  if (first === undefined || first[1] === 0) {
    throw new DataError("Cannot predict: there are no records", { file: inputs[0]!.file });
  }
  return limit === undefined ? records : firstRows(records, limit);
}

function firstRows(records: Records, limit: number): Records {
  return Object.fromEntries(
    Object.entries(records).map(([port, { dtype, shape, data }]) => {
      const [rows, ...rest] = shape as readonly [number, ...number[]];
      const kept = Math.min(rows, limit);
      return [port, {
        dtype,
        shape: [kept, ...rest],
        data: data.subarray(0, kept * sizeOf(rest)),
      }];
    }),
  );
}

/** How a file is written. */
type FileKind = "idx" | "npy" | "csv";

/** Known by its first bytes; IDX may be compressed by gzip; whatever is no binary format is text. */
function kindOfFile(head: Uint8Array): FileKind {
  if (head[0] === 0x93 && head[1] === 0x4e && head[2] === 0x55) return "npy";
  if (head[0] === 0 && head[1] === 0 || head[0] === 0x1f && head[1] === 0x8b) return "idx";
  return "csv";
}

/** The first bytes of a file: enough to know its format and, for a table, its first line. */
async function headOf(file: string): Promise<Uint8Array> {
  const head = new Uint8Array(1 << 20);
  try {
    using handle = await Deno.open(file);
    let length = 0;
    for (;;) {
      const count = await handle.read(head.subarray(length));
      if (count === null || count === 0) return head.subarray(0, length);
      length += count;
    }
  } catch (cause) {
    throw fileError("read", file, cause);
  }
}

/** Reads the records of a file: CSV for any ports, NPY and IDX for one. */
async function recordsIn(file: string, ports: RecordPorts): Promise<Records> {
  const head = await headOf(file);
  const kind = kindOfFile(head);
  if (kind === "csv") return await recordsInTable(file, { ports, head });
  const names = Object.keys(ports);
  const [name] = names;
  if (names.length !== 1) {
    throw new UsageError(
      `Cannot use "--input ${file}": it holds one array, but ${names.join(" and ")} are wanted; ` +
        `give --input ${name}=FILE for each`,
    );
  }
  const array = kind === "npy" ? await readNpy(file) : await readIdx(file);
  return { [name!]: recordsOfArray(array, { name: name!, port: ports[name!]!, file }) };
}

interface Place {
  readonly name: string;
  readonly port: DataPort;
  readonly file: string;
}

function recordsOfArray({ shape, data }: HostTensor, { name, port, file }: Place): HostTensor {
  const rowShape = rowShapeOf(port);
  const size = sizeOf(rowShape);
  const [rows, ...rest] = shape;
  const single = sameShape(shape, rowShape);
  const fits = rows !== undefined &&
    (sameShape(rest, rowShape) || rest.length === 1 && rest[0] === size);
  if (!fits && !single) {
    throw new DataError(
      `Cannot use these records for "${name}": received ${formatShape(shape)}, ` +
        `expected ${formatShape(["rows", ...rowShape])}`,
      { file },
    );
  }
  const count = fits ? rows : 1;
  const elements = allocateElements(port.dtype, count * size);
  for (let i = 0; i < elements.length; i++) {
    const value = data[i]!;
    const wrong = wrongValue(value, port);
    if (wrong !== undefined) {
      throw new DataError(
        `Cannot use a number for "${name}": received ${value}, expected ${wrong}`,
        {
          file,
          row: Math.floor(i / size) + 1,
          column: i % size + 1,
        },
      );
    }
    elements[i] = value;
  }
  return { dtype: port.dtype, shape: [count, ...rowShape], data: elements };
}

function rowShapeOf(port: DataPort): Shape {
  return port.kind === "tensor" ? port.shape : [];
}

const ranges: Readonly<Record<Exclude<DType, "f32">, readonly [min: number, max: number]>> = {
  u8: [0, 255],
  i32: [-2147483648, 2147483647],
  u32: [0, 4294967295],
};

/** What was wanted instead of a number that a port cannot hold. */
function wrongValue(value: number, port: DataPort): string | undefined {
  if (port.dtype === "f32") return undefined;
  const [min, max] = port.kind === "labels" ? [0, port.classes - 1] : ranges[port.dtype];
  if (Number.isInteger(value) && value >= min && value <= max) return undefined;
  return `a whole number from ${min} to ${max}`;
}

/** The first line of a table that is not blank, and what stands between its fields. */
interface FirstLine {
  readonly fields: readonly string[];
  readonly separator: string;
}

function firstLineOf(head: Uint8Array): FirstLine | undefined {
  const [line] = /^.*\S.*$/m.exec(new TextDecoder().decode(head)) ?? [];
  if (line === undefined) return undefined;
  const unquoted = line.replaceAll(/"(?:[^"]|"")*"/g, "");
  const separator = [",", "\t", ";"].find((mark) => unquoted.includes(mark)) ?? ",";
  const fields = line.matchAll(
    new RegExp(`(?:^|${separator})(?:\\s*"((?:[^"]|"")*)"\\s*|([^${separator}]*))`, "g"),
  );
  return {
    separator,
    fields: [...fields].map(([, quoted, plain]) =>
      (quoted?.replaceAll('""', '"') ?? plain ?? "").trim()
    ),
  };
}

async function recordsInTable(
  file: string,
  { ports, head }: { readonly ports: RecordPorts; readonly head: Uint8Array },
): Promise<Records> {
  if (head.includes(0)) {
    throw new DataError("Cannot read the records: the file is neither CSV, NPY nor IDX", { file });
  }
  const first = firstLineOf(head);
  if (first === undefined) throw new DataError("Cannot predict: the file is empty", { file });
  const { fields, separator } = first;
  const header = fields.some((field) => field !== "" && !isNumber(field));
  const columns = Object.entries(ports).map(([name, port]) => ({
    name,
    port,
    file,
    columns: columnsOf({ name, port, file }, {
      fields,
      header,
      alone: Object.keys(ports).length === 1,
    }),
  }));
  const wanted = header
    ? [...new Map(columns.flatMap(({ columns }) => columns.map((c) => [c.name, c]))).values()]
    : columns[0]!.columns;
  const table = await readCsv(file, { columns: wanted, header, separator });
  return Object.fromEntries(
    columns.map((place) => [
      place.name,
      recordsOfColumns(
        place.columns.map(({ name }) => {
          const values = table.columns[name]!;
          return "codes" in values ? values.codes : values as Float32Array;
        }),
        { ...place, rows: table.rows, firstRow: header ? 2 : 1 },
      ),
    ]),
  );
}

function isNumber(field: string): boolean {
  return field.trim() !== "" && Number.isFinite(Number(field));
}

/**
 * The columns of a table that hold a port's numbers, in the port's order: those that it names, else
 * all of them, which must then be as many as a record has numbers.
 */
function columnsOf(
  { name, port, file }: Place,
  { fields, header, alone }: {
    readonly fields: readonly string[];
    readonly header: boolean;
    readonly alone: boolean;
  },
): readonly CsvColumn[] {
  const named = port.kind === "tensor"
    ? port.columns
    : port.column === undefined
    ? undefined
    : [port.column];
  if (header && named !== undefined) {
    requireColumns(named, { name, port, file, fields });
    return named.map((column) => csvColumn(column, port));
  }
  if (!alone) {
    throw new DataError(
      header
        ? `Cannot find the columns of "${name}": the port does not name any`
        : `Cannot find the columns of "${name}": the file has no header`,
      { file, hint: `give --input ${name}=FILE` },
    );
  }
  const size = sizeOf(rowShapeOf(port));
  if (fields.length !== size) {
    throw new DataError(
      `Cannot use these records for "${name}": received ${
        formatAmount(fields.length, "field")
      } in a row, ` +
        `expected ${size}` + (named === undefined ? "" : ", or a header that names the columns"),
      { file, row: 1 },
    );
  }
  return fields.map((field, i) => csvColumn(header ? field : String(i + 1), port));
}

function csvColumn(name: string, port: DataPort): CsvColumn {
  return port.kind === "labels" && port.names !== undefined
    ? { name, type: "category", categories: port.names }
    : { name, type: "number" };
}

function requireColumns(
  wanted: readonly string[],
  { name, file, fields }: Place & { readonly fields: readonly string[] },
): void {
  const missing = wanted.filter((column) => !fields.includes(column));
  if (missing.length === 0) return;
  const near = missing.length === 1 ? nearestName(missing[0]!, fields) : undefined;
  const quoted = (names: readonly string[]) => names.map((name) => `"${name}"`).join(", ");
  throw new DataError(
    `Cannot find the column${missing.length === 1 ? "" : "s"} ${quoted(missing)} of "${name}": ` +
      `the header has ${quoted(fields)}`,
    {
      file,
      row: 1,
      hint: near === undefined
        ? "begin the file with a header that names them; other columns are passed over"
        : `is it "${near}"?`,
    },
  );
}

/** Brings columns into rows. */
function recordsOfColumns(
  columns: readonly ArrayLike<number>[],
  { name, port, file, rows, firstRow }: Place & {
    readonly rows: number;
    readonly firstRow: number;
  },
): HostTensor {
  const elements = allocateElements(port.dtype, rows * columns.length);
  columns.forEach((values, column) => {
    for (let row = 0; row < rows; row++) {
      const value = values[row]!;
      const wrong = wrongValue(value, port);
      if (wrong !== undefined) {
        throw new DataError(
          `Cannot use a number for "${name}": received ${value}, expected ${wrong}`,
          { file, row: row + firstRow, column: column + 1 },
        );
      }
      elements[row * columns.length + column] = value;
    }
  });
  return { dtype: port.dtype, shape: [rows, ...rowShapeOf(port)], data: elements };
}

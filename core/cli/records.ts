/**
 * Records to predict from: tables and arrays in files become a tensor per data port, row by row as the
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
import type { FileReader, Records } from "../execute/mod.ts";
import { fileName, locate, readIdx, readNpy, type Tell } from "../formats/mod.ts";
import { knownFile } from "./file_format.ts";
import { isText, recordsOfTable } from "./records_of_table.ts";
import { openTable } from "./record_table.ts";

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

/** An input whose file is on this machine. */
export interface LocatedInput extends Input {
  /** The file as it was given. */
  readonly given: string;
}

/** Finds the files of inputs, which may be where loaders find theirs: on the web, in archives, too. */
export async function locateInputs(
  inputs: readonly Input[],
  tell: Tell,
): Promise<readonly LocatedInput[]> {
  const located: LocatedInput[] = [];
  for (const { port, file } of inputs) {
    located.push({ port, file: fileName(await locate(file, tell)), given: file });
  }
  return located;
}

function portText(port: DataPort): string {
  return port.kind === "tensor"
    ? `(${port.dtype}${formatShape(["rows", ...port.shape])})`
    : `(class labels of ${port.classes} classes)`;
}

/** What records are read for, and by what. */
export interface RecordsOptions {
  readonly ports: RecordPorts;
  /** Records that are read at most. */
  readonly limit?: number;
  /** What the pipeline's loader makes of files and texts. */
  readonly reader?: Pick<FileReader, "textOf"> | undefined;
}

/**
 * Reads records for every port.
 *
 * @throws {DataError} When a file cannot be read or does not fit its port.
 * @throws {UsageError} When one file is given for ports that cannot share it.
 */
export async function readRecords(
  inputs: readonly Input[],
  { limit = Infinity, ...options }: RecordsOptions,
): Promise<Records> {
  const records: Record<string, HostTensor> = {};
  for (const { port, file } of inputs) {
    const ports = port === undefined ? options.ports : { [port]: options.ports[port]! };
    Object.assign(records, await recordsIn(file, { ...options, ports, limit }));
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
  return firstRows(records, limit);
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

/** What can be predicted from, as people call it. */
const knownFormats = "CSV, TSV, JSON lines, text, Parquet, Arrow, NPY and IDX";

/** Reads the records of a file: of a table for any ports, of NPY and IDX for one. */
async function recordsIn(
  file: string,
  { ports, limit, reader }: RecordsOptions & { readonly limit: number },
): Promise<Records> {
  const known = await knownFile(file, { action: "predict from", known: knownFormats });
  switch (known.format) {
    case "npz":
    case "image":
    case "wav":
      throw new DataError(
        `Cannot predict from the file: it is ${foreign[known.format]}`,
        { file, hint: `known: ${knownFormats}; others where the pipeline's loader reads them` },
      );
    case "npy":
    case "idx":
      return await recordsOfArrayFile(file, { ports, format: known.format });
  }
  const holdsLines = Object.values(ports).some(isText);
  const format = known.format === "text" && !holdsLines ? "csv" : known.format;
  using table = await openTable(file, { ...known, format });
  return await recordsOfTable(table, { ports, limit, textOf: reader?.textOf });
}

const foreign = {
  npz: "an archive of arrays: name an array, saved as NPY",
  image: "an image",
  wav: "a sound",
} as const;

async function recordsOfArrayFile(
  file: string,
  { ports, format }: { readonly ports: RecordPorts; readonly format: "npy" | "idx" },
): Promise<Records> {
  const names = Object.keys(ports);
  const [name] = names;
  if (names.length !== 1) {
    throw new UsageError(
      `Cannot use "--input ${file}": it holds one array, but ${names.join(" and ")} are wanted; ` +
        `give --input ${name}=FILE for each`,
    );
  }
  const array = format === "npy" ? await readNpy(file) : await readIdx(file);
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

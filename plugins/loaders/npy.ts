/**
 * Arrays of NumPy: NPY files, and arrays in NPZ archives.
 *
 * @module
 */
import { z } from "zod";
import {
  type AnyHandle,
  type ArrayFile,
  arrayRows,
  type ClassLabels,
  DataError,
  type DataPort,
  defineLoader,
  type DType,
  type Elements,
  fileName,
  formatAmount,
  formatSpec,
  lazySchema,
  locate,
  nearestName,
  openNpy,
  openZip,
  parseNpy,
  type RowSource,
  sameShape,
  type Schema,
  type Tell,
  type Tensor,
} from "../../core/mod.ts";
import { toPortElements } from "./element_ranges.ts";
import { fixedRows, memoryFields, type MemoryOptions } from "./fixed_rows.ts";
import { labelDType, type MemoryColumns } from "./memory_rows.ts";

/** An array of numbers. */
export interface NpyTensor {
  /**
   * The file: `"x.npy"`, or an archive with the name of an array in it: `"mnist.npz#x_train"`. Either may
   * be in an npm package, on the web, or in an archive.
   */
  readonly file: string;
  /** Shape of one row: that of the array without its first axis. */
  readonly shape: readonly number[];
  /** Type of the elements for the pipeline, which must hold every number. Default `"f32"`. */
  readonly dtype?: DType | undefined;
}

/** An array of class numbers, of one axis. */
export interface NpyLabels {
  /** The file, as of {@linkcode NpyTensor}. */
  readonly file: string;
  /** Number of classes, or their names. */
  readonly classes: number | readonly string[];
}

/** The arrays of a data set, by the names of their ports. */
export type NpyArrays = Readonly<Record<string, NpyTensor | NpyLabels>>;

/** The same arrays of another split: their files alone. */
export type NpySplit<A extends NpyArrays = NpyArrays> = { readonly [name in keyof A]: string };

/** Options of {@linkcode npy}. */
export interface NpyOptions<A extends NpyArrays = NpyArrays> extends MemoryOptions {
  /** Files of the test split, by port. */
  readonly test?: NpySplit<A> | undefined;
  /** Files of the validation split, by port. */
  readonly validation?: NpySplit<A> | undefined;
}

/** What {@linkcode npy} gives: a handle for each array. */
export type Npy<A extends NpyArrays> = {
  readonly [name in keyof A]: A[name] extends { readonly classes: infer C }
    ? ClassLabels<"batch", C extends readonly string[] ? C["length"] : C & number>
    : A[name] extends { readonly shape: infer S extends readonly number[] } ? Tensor<
        readonly ["batch", ...S],
        A[name] extends { readonly dtype: infer D extends DType } ? D : "f32"
      >
    : never;
};

interface NpyConfig {
  readonly arrays: Readonly<
    Record<string, NpyTensor | NpyLabels>
  >;
  readonly test?: NpySplit | undefined;
  readonly validation?: NpySplit | undefined;
  readonly memoryBytes: number;
}

const file = z.string().min(1);

const config: Schema<NpyOptions & { readonly arrays: NpyArrays }, NpyConfig> = lazySchema(() =>
  z.strictObject({
    arrays: z.record(
      z.string().min(1),
      z.union([
        z.strictObject({
          file,
          classes: z.union([
            z.int().min(1),
            z.array(z.string()).min(1).readonly(),
          ]),
        }),
        z.strictObject({
          file,
          shape: z.array(z.int().min(1)).readonly(),
          dtype: z.enum(["f32", "i32", "u32", "u8"]).default("f32"),
        }),
      ], { error: "expected { file, shape } or { file, classes }" }),
    ).describe("The arrays by port: a file with the shape of a row, or with classes"),
    test: z.record(z.string(), file).optional().describe("Files of the test split, by port"),
    validation: z.record(z.string(), file).optional().describe(
      "Files of the validation split, by port",
    ),
    ...memoryFields,
  }).superRefine(({ arrays, ...splits }, context) => {
    const names = Object.keys(arrays);
    if (names.length === 0) {
      context.addIssue({
        code: "custom",
        path: ["arrays"],
        message: "expected at least one array",
      });
    }
    for (const split of ["test", "validation"] as const) {
      const files = splits[split];
      if (files === undefined) continue;
      for (const name of new Set([...names, ...Object.keys(files)])) {
        if (name in files && name in arrays) continue;
        const message = name in files
          ? "the training split has no such array"
          : "the file is missing";
        context.addIssue({ code: "custom", path: [split, name], message });
      }
    }
  })
);

const stage = defineLoader<Readonly<Record<string, AnyHandle>>>()({
  name: "npy",
  kind: "loader",
  family: "loader",
  config,
  ports: portsOf,
  open({ config, split, limit, tell }) {
    const files = split === "train"
      ? Object.fromEntries(Object.entries(config.arrays).map(([name, { file }]) => [name, file]))
      : config[split];
    return files === undefined ? null : openArrays(config, { files, limit, tell });
  },
});

function portsOf({ arrays }: NpyConfig): Readonly<Record<string, DataPort>> {
  return Object.fromEntries(
    Object.entries(arrays).map(([name, array]): [string, DataPort] => {
      if (!("classes" in array)) {
        return [name, { kind: "tensor", dtype: array.dtype ?? "f32", shape: array.shape }];
      }
      const named = typeof array.classes === "number" ? undefined : array.classes;
      const classes = named?.length ?? array.classes as number;
      const dtype = labelDType(classes);
      return [name, {
        kind: "labels",
        dtype,
        classes,
        ...(named === undefined ? {} : { names: named }),
      }];
    }),
  );
}

async function openArrays(
  config: NpyConfig,
  { files, limit = Infinity, tell }: {
    readonly files: Readonly<Record<string, string>>;
    readonly limit: number | undefined;
    readonly tell: Tell | undefined;
  },
): Promise<RowSource> {
  const ports = portsOf(config);
  const opened: Record<string, ArrayFile> = {};
  const located: string[] = [];
  const close = () => Object.values(opened).forEach((file) => file[Symbol.dispose]());
  try {
    for (const [name, port] of Object.entries(ports)) {
      const path = await locateArray(files[name]!, tell);
      located.push(path);
      opened[name] = await openArray(path);
      requireShape(opened[name], { name, port });
    }
    const total = commonRows(opened);
    const source = await fixedRows({
      ports,
      rows: Math.min(total, limit),
      memoryBytes: config.memoryBytes,
      files: located.map((path, i) => ({
        name: Object.values(files)[i]!,
        path: path.replace(archived, "$1"),
      })),
      close,
      read: async (begin, end) => {
        const columns: Record<string, Elements> = {};
        for (const [name, file] of Object.entries(opened)) {
          const { data } = await file.read(begin, end);
          columns[name] = toPortElements(data, {
            port: ports[name]!,
            file: file.file,
            begin,
            name,
          });
        }
        return columns satisfies MemoryColumns;
      },
    });
    return source;
  } catch (error) {
    close();
    throw error;
  }
}

/** An archive, which may be on the web and have its checksum there, and the name of an array. */
const archived = /^(.*\.npz(?:#sha256=[\da-f]{64})?)#(?!sha256=)(.+)$/is;

/** Where a file is on this machine, with the name of the array. */
async function locateArray(file: string, tell: Tell | undefined): Promise<string> {
  const [, archive = file, array] = archived.exec(file) ?? [];
  const path = fileName(await locate(archive, tell));
  return array === undefined ? path : `${path}#${array}`;
}

/** Opens an NPY file, or an array in an NPZ archive, which is then read whole. */
async function openArray(path: string): Promise<ArrayFile> {
  const [, archive, array] = archived.exec(path) ?? [];
  if (archive === undefined) {
    if (/\.npz$/i.test(path)) {
      using zip = await openZip(path);
      throw new DataError("Cannot read an archive as one array: its arrays have names", {
        file: path,
        hint: `write one of ${
          arrayNames(zip.entries.keys()).map((name) => `"${path}#${name}"`).join(", ")
        }`,
      });
    }
    return await openNpy(path);
  }
  using zip = await openZip(archive);
  const entry = zip.entries.get(`${array}.npy`);
  if (entry === undefined) {
    const names = arrayNames(zip.entries.keys());
    const near = nearestName(array!, names);
    throw new DataError(`Cannot find the array "${array}" in the archive`, {
      file: archive,
      hint: (near === undefined ? "" : `did you mean "${near}"? `) +
        `its arrays: ${names.slice(0, 20).map((name) => `"${name}"`).join(", ")}`,
    });
  }
  return arrayRows(parseNpy(await zip.read(entry), path), path);
}

function arrayNames(entries: Iterable<string>): string[] {
  return [...entries].flatMap((name) => name.endsWith(".npy") ? [name.slice(0, -4)] : []);
}

function requireShape(
  { file, dtype, shape }: ArrayFile,
  { name, port }: { readonly name: string; readonly port: DataPort },
): void {
  const wanted = port.kind === "tensor" ? port.shape : [];
  const [rows, ...rest] = shape;
  if (rows !== undefined && sameShape(rest, wanted)) return;
  throw new DataError(
    `Cannot use this array for "${name}": received ${formatSpec({ dtype, shape })}, expected ${
      formatSpec({ dtype: port.kind === "tensor" ? port.dtype : dtype, shape: ["n", ...wanted] })
    }`,
    {
      file,
      hint: port.kind === "tensor"
        ? "set shape to that of the array without its first axis"
        : "labels are one class number for each row",
    },
  );
}

function commonRows(opened: Readonly<Record<string, ArrayFile>>): number {
  const [[first, { shape: [rows] }], ...others] = Object.entries(opened) as [
    [string, ArrayFile],
    ...[string, ArrayFile][],
  ];
  for (const [name, { shape, file }] of others) {
    if (shape[0] === rows) continue;
    throw new DataError(
      `Cannot read "${first}" and "${name}" side by side: received ${
        formatAmount(shape[0]!, "row")
      }, expected ${rows}`,
      { file, hint: "name arrays of the same split" },
    );
  }
  return rows!;
}

/**
 * Loads arrays that NumPy saved: a file for each array, or arrays of an archive. The first axis are
 * the rows, as many in each. Numbers of any type are converted to that of the port (float64 is
 * rounded); one that it cannot hold is an error. What is larger than `memoryBytes` is read in blocks
 * as it is wanted; archives are read whole.
 *
 * Shapes: an array `[rows, …shape]` -> `dtype[batch, …shape]`; labels `[rows]` -> `[batch]`
 *
 * Counterparts: Keras none; PyTorch none; TensorFlow.js none
 *
 * @param arrays The arrays of the training split, by port.
 * @returns A handle for each array.
 * @throws {DataError} When a file is missing, malformed, or does not fit, as the data is opened.
 *
 * @example
 * ```ts
 * import { npy } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const digits = npy({
 *   image: { file: "data/mnist.npz#x_train", shape: [28, 28], dtype: "u8" },
 *   label: { file: "data/mnist.npz#y_train", classes: 10 },
 * }, { test: { image: "data/mnist.npz#x_test", label: "data/mnist.npz#y_test" } });
 * assertEquals(digits.image.port, "image"); // u8[batch, 28, 28]
 * ```
 */
export function npy<const A extends NpyArrays>(arrays: A, options: NpyOptions<A> = {}): Npy<A> {
  return stage({ ...options, arrays }) as unknown as Npy<A>;
}

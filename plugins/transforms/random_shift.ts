/**
 * Images, moved by some pixels.
 *
 * @module
 */
import { z } from "zod";
import { lazySchema, ops, type Schema } from "../../core/mod.ts";
import {
  columnsOf,
  defineAugmentation,
  type ImageTransform,
  pixelsAt,
  rowsOf,
  wholeOf,
} from "./images.ts";

/** Options of {@linkcode randomShift}. */
export interface RandomShiftOptions {
  /** The most pixels up or down. */
  readonly height: number;
  /** The most pixels to the left or right. */
  readonly width: number;
}

const most = z.int().min(0);

const config: Schema<RandomShiftOptions, RandomShiftOptions> = lazySchema(() =>
  z.strictObject({
    height: most.describe("The most pixels up or down"),
    width: most.describe("The most pixels to the left or right"),
  })
);

const stage = defineAugmentation({
  name: "randomShift",
  config,
  formula: "y[h, w] = x[h + dh, w + dw]",
  augment(x, context) {
    const { height, width } = context.config;
    return pixelsAt(x, {
      rows: ops.add(rowsOf(x), wholeOf(x, { context, most: height })),
      columns: ops.add(columnsOf(x), wholeOf(x, { context, most: width })),
    });
  },
});

/**
 * Moves each image by a whole number of pixels while training, up to `height` up or down and `width` to
 * the left or right; zeros come in. With 4 and 4 it is what is known for CIFAR-10 as "pad by 4 and crop
 * at random".
 *
 * Shapes: `x [batch, height, width, channels] -> the same`
 *
 * Gradient: that of the places that pixels were taken from
 *
 * Counterparts: Keras `RandomTranslation`; PyTorch `torchvision.transforms.RandomAffine`;
 * TensorFlow.js none
 *
 * @returns An augmentation; images are left as they are in use.
 *
 * @example
 * ```ts
 * import { cifar10, randomShift, rescale } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const pixels = rescale({ scale: 1 / 255 })(cifar10({ folder: "cifar" }).image);
 * const images = randomShift({ height: 4, width: 4 })(pixels);
 * assertEquals(images.stage.definition.name, "randomShift");
 * ```
 */
export function randomShift(options: RandomShiftOptions): ImageTransform {
  return stage(options);
}

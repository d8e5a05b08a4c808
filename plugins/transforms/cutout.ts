/**
 * Images with a square hidden.
 *
 * @module
 */
import { z } from "zod";
import { lazySchema, ops, type Schema } from "../../core/mod.ts";
import { columnsOf, defineAugmentation, type ImageTransform, rowsOf, uniformOf } from "./images.ts";

interface CutoutConfig {
  readonly size: number;
}

const config: Schema<CutoutConfig, CutoutConfig> = lazySchema(() =>
  z.strictObject({
    size: z.int().min(1).describe("Pixels on a side of the square"),
  })
);

const stage = defineAugmentation({
  name: "cutout",
  config,
  formula: "y = x, 0 in a square",
  augment(x, context) {
    const { size } = context.config;
    const [, height, width] = x.spec.shape as [number, number, number, number];
    // the centre is anywhere in the image, so that the square may reach beyond it
    const place = (length: number) =>
      ops.floor(uniformOf(x, { context, low: -(size >> 1), high: length - (size >> 1) }));
    const [top, left] = [place(height), place(width)];
    const rows = ops.sub(rowsOf(x), top);
    const columns = ops.sub(columnsOf(x), left);
    const isHidden = ops.mul(
      ops.mul(ops.greaterEqual(rows, 0), ops.less(rows, size)),
      ops.mul(ops.greaterEqual(columns, 0), ops.less(columns, size)),
    );
    return ops.mul(x, ops.expandDims(ops.sub(1, isHidden), [3]));
  },
});

/**
 * Hides a square of `size` by `size` pixels of each image while training: it becomes 0. Its centre is
 * anywhere in the image, so that a part of it may be outside.
 *
 * Shapes: `x [batch, height, width, channels] -> the same`
 *
 * Gradient: `∂L/∂x = ∂L/∂y` outside of the square, 0 within
 *
 * Counterparts: Keras `RandomErasing`; PyTorch `torchvision.transforms.RandomErasing`;
 * TensorFlow.js none
 *
 * @param size Pixels on a side of the square.
 * @returns An augmentation; images are left as they are in use.
 *
 * @example
 * ```ts
 * import { cifar10, cutout, rescale } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const pixels = rescale({ scale: 1 / 255 })(cifar10({ folder: "cifar" }).image);
 * assertEquals(cutout(16)(pixels).stage.definition.name, "cutout");
 * ```
 *
 * Source: DeVries, Taylor, "Improved regularization of convolutional neural networks with cutout", 2017,
 * https://arxiv.org/abs/1708.04552
 */
export function cutout(size: number): ImageTransform {
  return stage({ size });
}

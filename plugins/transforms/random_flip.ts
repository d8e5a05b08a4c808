/**
 * Images, half of them mirrored.
 *
 * @module
 */
import { z } from "zod";
import { type BuildContext, lazySchema, ops, type Schema, type Value } from "../../core/mod.ts";
import { columnsOf, defineAugmentation, type ImageTransform, pixelsAt, rowsOf } from "./images.ts";

/** Options of {@linkcode randomFlip}. */
export interface RandomFlipOptions {
  /** Whether left and right change places. Default true. */
  readonly horizontal?: boolean | undefined;
  /** Whether top and bottom change places. Default false. */
  readonly vertical?: boolean | undefined;
}

interface RandomFlipConfig {
  readonly horizontal: boolean;
  readonly vertical: boolean;
}

const config: Schema<RandomFlipOptions, RandomFlipConfig> = lazySchema(() =>
  z.strictObject({
    horizontal: z.boolean().default(true).describe("Whether left and right change places"),
    vertical: z.boolean().default(false).describe("Whether top and bottom change places"),
  })
);

const stage = defineAugmentation({
  name: "randomFlip",
  config,
  formula: "y[h, w] = x[h, width - 1 - w] with a chance of 1/2",
  augment(x, context) {
    const { horizontal, vertical } = context.config;
    if (!horizontal && !vertical) return x;
    const [, height, width] = x.spec.shape as [number, number, number, number];
    const rows = rowsOf(x);
    const columns = columnsOf(x);
    return pixelsAt(x, {
      rows: vertical ? mirrored(rows, { x, context, size: height }) : rows,
      columns: horizontal ? mirrored(columns, { x, context, size: width }) : columns,
    });
  },
});

/** Places along an axis, those of half of the images counted from the other end. */
function mirrored(
  places: Value,
  { x, context, size }: {
    readonly x: Value;
    readonly context: BuildContext<unknown>;
    readonly size: number;
  },
): Value {
  const isMirrored = ops.less(context.random([x.spec.shape[0]!, 1, 1]), 0.5);
  return ops.where(isMirrored, ops.sub(size - 1, places), places);
}

/**
 * Mirrors each image with a chance of one half while training: left and right, or top and bottom, or
 * each for itself.
 *
 * Shapes: `x [batch, height, width, channels] -> the same`
 *
 * Gradient: that of the places that pixels were taken from
 *
 * Counterparts: Keras `RandomFlip`; PyTorch `torchvision.transforms.RandomHorizontalFlip`;
 * TensorFlow.js none
 *
 * @returns An augmentation; images are left as they are in use.
 *
 * @example
 * ```ts
 * import { cifar10, randomFlip, rescale } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const pixels = rescale({ scale: 1 / 255 })(cifar10({ folder: "cifar" }).image);
 * assertEquals(randomFlip()(pixels).stage.definition.name, "randomFlip");
 * ```
 */
export function randomFlip(options: RandomFlipOptions = {}): ImageTransform {
  return stage(options);
}

/**
 * Images, made lighter or darker.
 *
 * @module
 */
import { z } from "zod";
import { lazySchema, ops, type Schema } from "../../core/mod.ts";
import { defineAugmentation, type ImageTransform, uniformOf } from "./images.ts";

interface RandomBrightnessConfig {
  readonly amount: number;
}

const config: Schema<RandomBrightnessConfig, RandomBrightnessConfig> = lazySchema(() =>
  z.strictObject({
    amount: z.number().min(0).describe(
      "The most that is added or taken away, in units of the pixels",
    ),
  })
);

const stage = defineAugmentation({
  name: "randomBrightness",
  config,
  formula: "y = x + u, u uniform in [-amount, amount)",
  augment(x, context) {
    const { amount } = context.config;
    const light = uniformOf(x, { context, low: -amount, high: amount });
    return ops.add(x, ops.expandDims(light, [3]));
  },
});

/**
 * `y = x + u` while training, with one `u` for each image, uniform in `[-amount, amount)`.
 *
 * Shapes: `x [batch, height, width, channels] -> the same`
 *
 * Gradient: `∂L/∂x = ∂L/∂y`
 *
 * Differs: Keras's `RandomBrightness` takes a share of the range of the pixels and clips to the range;
 * put `clip()` behind it for that.
 *
 * Counterparts: Keras `RandomBrightness`; PyTorch `torchvision.transforms.ColorJitter`;
 * TensorFlow.js none
 *
 * @param amount The most that is added or taken away, in units of the pixels.
 * @returns An augmentation; images are left as they are in use.
 *
 * @example
 * ```ts
 * import { cifar10, randomBrightness, rescale } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const pixels = rescale({ scale: 1 / 255 })(cifar10({ folder: "cifar" }).image);
 * assertEquals(randomBrightness(0.1)(pixels).stage.definition.name, "randomBrightness");
 * ```
 */
export function randomBrightness(amount: number): ImageTransform {
  return stage({ amount });
}

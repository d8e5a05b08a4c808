/**
 * Images, turned by some degrees.
 *
 * @module
 */
import { z } from "zod";
import { lazySchema, ops, type Schema } from "../../core/mod.ts";
import {
  columnsOf,
  defineAugmentation,
  type ImageTransform,
  pixelsBetween,
  rowsOf,
  uniformOf,
} from "./images.ts";

interface RandomRotationConfig {
  readonly degrees: number;
}

const config: Schema<RandomRotationConfig, RandomRotationConfig> = lazySchema(() =>
  z.strictObject({
    degrees: z.number().min(0).max(180).describe("The most degrees, in either direction"),
  })
);

const stage = defineAugmentation({
  name: "randomRotation",
  config,
  formula: "y(p) = x(centre + R(-angle) · (p - centre))",
  augment(x, context) {
    const most = context.config.degrees * Math.PI / 180;
    const angle = uniformOf(x, { context, low: -most, high: most });
    const [, height, width] = x.spec.shape as [number, number, number, number];
    const [middleRow, middleColumn] = [(height - 1) / 2, (width - 1) / 2];
    const down = ops.sub(rowsOf(x), middleRow);
    const right = ops.sub(columnsOf(x), middleColumn);
    const [cos, sin] = [ops.cos(angle), ops.sin(angle)];
    return pixelsBetween(x, {
      rows: ops.add(ops.add(ops.mul(sin, right), ops.mul(cos, down)), middleRow),
      columns: ops.add(ops.sub(ops.mul(cos, right), ops.mul(sin, down)), middleColumn),
    });
  },
});

/**
 * Turns each image around its centre while training, by an angle from `-degrees` to `degrees`
 * (anticlockwise); pixels are between four of the image in proportion, zeros come in.
 *
 * Shapes: `x [batch, height, width, channels] -> the same`
 *
 * Gradient: that of the places that pixels were taken from, in proportion
 *
 * Counterparts: Keras `RandomRotation`; PyTorch `torchvision.transforms.RandomRotation`;
 * TensorFlow.js `image.rotateWithOffset`
 *
 * @param degrees The most degrees in either direction, from 0 to 180.
 * @returns An augmentation; images are left as they are in use.
 *
 * @example
 * ```ts
 * import { cifar10, randomRotation, rescale } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const pixels = rescale({ scale: 1 / 255 })(cifar10({ folder: "cifar" }).image);
 * assertEquals(randomRotation(15)(pixels).stage.definition.name, "randomRotation");
 * ```
 */
export function randomRotation(degrees: number): ImageTransform {
  return stage({ degrees });
}

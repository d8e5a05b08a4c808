/**
 * The middle of images.
 *
 * @module
 */
import { z } from "zod";
import {
  defineLayer,
  type Dim,
  lazySchema,
  ops,
  type Schema,
  type Tensor,
} from "../../core/mod.ts";
import { type Ends2d, endsField2d, endsOf2d, requireLeft } from "./ends.ts";

/** Signature of {@linkcode cropping2d}: the sizes are the planner's to know. */
export type Cropping2dLayer = <B extends Dim, H extends Dim, W extends Dim, C extends Dim>(
  x: Tensor<readonly [B, H, W, C]>,
) => Tensor<readonly [B, number, number, C]>;

interface Cropping2dConfig {
  readonly cropping: Ends2d;
}

const config: Schema<Cropping2dConfig, Cropping2dConfig> = lazySchema(() =>
  z.strictObject({
    cropping: endsField2d("What is cut off"),
  })
);

const stage = defineLayer<Cropping2dLayer>()({
  name: "cropping2d",
  config,
  formula: "y = x without its ends",
  rank: 4,
  build({ x }, { config: { cropping } }) {
    const [batch, height, width, channels] = x.spec.shape as readonly [
      number,
      number,
      number,
      number,
    ];
    const [[top, bottom], [left, right]] = endsOf2d(cropping);
    const sizes = [height - top - bottom, width - left - right];
    requireLeft(x.spec, sizes);
    return ops.slice(x, { start: [0, top, left, 0], sizes: [batch, ...sizes, channels] });
  },
});

/**
 * `y` is `x` without its ends.
 *
 * Shapes: `x [batch, height, width, channels] -> [batch, height - top - bottom, width - left - right, channels]`
 *
 * Gradient: `∂L/∂y`, with zeros where x was cut off
 *
 * Differs: the default is 1; that of Keras's `Cropping2D` is 0, which crops nothing.
 *
 * Counterparts: Keras `Cropping2D`; PyTorch none; TensorFlow.js `layers.cropping2D`
 *
 * @param cropping Rows and columns, each as `[in front, behind]` or one number for both; or one number
 * for all.
 * @returns A layer without parameters.
 * @throws {RangeError} When nothing would be left.
 *
 * @example
 * ```ts
 * import { cropping2d, stageOf } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(stageOf(cropping2d([[1, 0], [2, 2]]))?.options, { cropping: [[1, 0], [2, 2]] });
 * ```
 */
export function cropping2d(cropping: Ends2d = 1): Cropping2dLayer {
  return stage({ cropping });
}

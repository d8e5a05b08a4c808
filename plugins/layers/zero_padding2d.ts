/**
 * Zeros around images.
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
import { type Ends2d, endsField2d, endsOf2d } from "./ends.ts";

/** Signature of {@linkcode zeroPadding2d}: the sizes are the planner's to know. */
export type ZeroPadding2dLayer = <B extends Dim, H extends Dim, W extends Dim, C extends Dim>(
  x: Tensor<readonly [B, H, W, C]>,
) => Tensor<readonly [B, number, number, C]>;

interface ZeroPadding2dConfig {
  readonly padding: Ends2d;
}

const config: Schema<ZeroPadding2dConfig, ZeroPadding2dConfig> = lazySchema(() =>
  z.strictObject({
    padding: endsField2d("What is put around"),
  })
);

const stage = defineLayer<ZeroPadding2dLayer>()({
  name: "zeroPadding2d",
  config,
  formula: "y = x with zeros around it",
  rank: 4,
  build({ x }, { config: { padding } }) {
    const [[top, bottom], [left, right]] = endsOf2d(padding);
    return ops.pad(x, { before: [0, top, left, 0], after: [0, bottom, right, 0] });
  },
});

/**
 * `y` is `x` with zeros around it.
 *
 * Shapes: `x [batch, height, width, channels] -> [batch, height + top + bottom, width + left + right, channels]`
 *
 * Gradient: `∂L/∂y` at the places of x
 *
 * Differs: PyTorch's `ZeroPad2d` wants the last axis first.
 *
 * Counterparts: Keras `ZeroPadding2D`; PyTorch `ZeroPad2d`; TensorFlow.js `layers.zeroPadding2d`
 *
 * @param padding Rows and columns, each as `[in front, behind]` or one number for both; or one number
 * for all.
 * @returns A layer without parameters.
 *
 * @example
 * ```ts
 * import { zeroPadding2d, stageOf } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(stageOf(zeroPadding2d([[1, 0], [2, 2]]))?.options, { padding: [[1, 0], [2, 2]] });
 * ```
 */
export function zeroPadding2d(padding: Ends2d = 1): ZeroPadding2dLayer {
  return stage({ padding });
}

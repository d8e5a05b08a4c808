/**
 * Zeros around sequences.
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
import { type Ends1d, endsField1d, endsOf1d } from "./ends.ts";

/** Signature of {@linkcode zeroPadding1d}: the sizes are the planner's to know. */
export type ZeroPadding1dLayer = <B extends Dim, L extends Dim, C extends Dim>(
  x: Tensor<readonly [B, L, C]>,
) => Tensor<readonly [B, number, C]>;

interface ZeroPadding1dConfig {
  readonly padding: Ends1d;
}

const config: Schema<ZeroPadding1dConfig, ZeroPadding1dConfig> = lazySchema(() =>
  z.strictObject({
    padding: endsField1d("What is put around"),
  })
);

const stage = defineLayer<ZeroPadding1dLayer>()({
  name: "zeroPadding1d",
  config,
  formula: "y = x with zeros around it",
  rank: 3,
  build({ x }, { config: { padding } }) {
    const [before, after] = endsOf1d(padding);
    return ops.pad(x, { before: [0, before, 0], after: [0, after, 0] });
  },
});

/**
 * `y` is `x` with zeros around it.
 *
 * Shapes: `x [batch, length, channels] -> [batch, length + before + after, channels]`
 *
 * Gradient: `∂L/∂y` at the places of x
 *
 * Differs: PyTorch's `ZeroPad1d` wants the last axis first.
 *
 * Counterparts: Keras `ZeroPadding1D`; PyTorch `ZeroPad1d`; TensorFlow.js none
 *
 * @param padding Steps in front and behind, or one number for both.
 * @returns A layer without parameters.
 *
 * @example
 * ```ts
 * import { zeroPadding1d, stageOf } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(stageOf(zeroPadding1d([2, 0]))?.options, { padding: [2, 0] });
 * ```
 */
export function zeroPadding1d(padding: Ends1d = 1): ZeroPadding1dLayer {
  return stage({ padding });
}

/**
 * The middle of sequences.
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
import { type Ends1d, endsField1d, endsOf1d, requireLeft } from "./ends.ts";

/** Signature of {@linkcode cropping1d}: the sizes are the planner's to know. */
export type Cropping1dLayer = <B extends Dim, L extends Dim, C extends Dim>(
  x: Tensor<readonly [B, L, C]>,
) => Tensor<readonly [B, number, C]>;

interface Cropping1dConfig {
  readonly cropping: Ends1d;
}

const config: Schema<Cropping1dConfig, Cropping1dConfig> = lazySchema(() =>
  z.strictObject({
    cropping: endsField1d("What is cut off"),
  })
);

const stage = defineLayer<Cropping1dLayer>()({
  name: "cropping1d",
  config,
  formula: "y = x without its ends",
  rank: 3,
  build({ x }, { config: { cropping } }) {
    const [batch, length, channels] = x.spec.shape as readonly [number, number, number];
    const [before, after] = endsOf1d(cropping);
    requireLeft(x.spec, [length - before - after]);
    return ops.slice(x, {
      start: [0, before, 0],
      sizes: [batch, length - before - after, channels],
    });
  },
});

/**
 * `y` is `x` without its ends.
 *
 * Shapes: `x [batch, length, channels] -> [batch, length - before - after, channels]`
 *
 * Gradient: `∂L/∂y`, with zeros where x was cut off
 *
 * Differs: the default is 1, as of Keras's `Cropping1D`.
 *
 * Counterparts: Keras `Cropping1D`; PyTorch none; TensorFlow.js none
 *
 * @param cropping Steps in front and behind, or one number for both.
 * @returns A layer without parameters.
 * @throws {RangeError} When nothing would be left.
 *
 * @example
 * ```ts
 * import { cropping1d, stageOf } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(stageOf(cropping1d([2, 0]))?.options, { cropping: [2, 0] });
 * ```
 */
export function cropping1d(cropping: Ends1d = 1): Cropping1dLayer {
  return stage({ cropping });
}

/**
 * Positions as sines and cosines.
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

/** Signature of layers that add positions to sequences. */
export type PositionsLayer = <B extends Dim, T extends Dim, F extends Dim>(
  x: Tensor<readonly [B, T, F]>,
) => Tensor<readonly [B, T, F]>;

interface SinusoidalPositionsConfig {
  readonly longest: number;
}

const config: Schema<{ readonly longest?: number | undefined }, SinusoidalPositionsConfig> =
  lazySchema(() =>
    z
      .strictObject({
        longest: z.number().positive().default(10000).describe(
          "Longest wave, in steps divided by 2π",
        ),
      })
  );

const stage = defineLayer<PositionsLayer>()({
  name: "sinusoidalPositions",
  config,
  formula:
    "y_t,2i = x_t,2i + sin(t / longest^(2i/n)), y_t,2i+1 = x_t,2i+1 + cos(t / longest^(2i/n))",
  rank: 3,
  build({ x }, { config: { longest } }) {
    const [, steps, features] = x.spec.shape as [number, number, number];
    const count = (shape: readonly number[], axis: number) =>
      ops.iota(x.builder, { shape, axis, dtype: "f32" });
    const step = count([steps, 1], 0);
    const feature = count([1, features], 1);
    const pair = ops.mul(ops.floor(ops.mul(feature, 0.5)), 2);
    const frequency = ops.exp(ops.mul(pair, -Math.log(longest) / features));
    const angle = ops.mul(step, frequency);
    const wave = ops.where(ops.equal(feature, pair), ops.sin(angle), ops.cos(angle));
    return ops.add(x, wave);
  },
});

/**
 * Adds to every step of a sequence a pattern of waves that tells its place: with `n` features
 *
 *     y[t, 2i] = x[t, 2i] + sin(t / longest^(2i/n)), y[t, 2i + 1] = x[t, 2i + 1] + cos(t / longest^(2i/n))
 *
 * Shapes: `x [batch, steps, features] -> [batch, steps, features]`
 *
 * Gradient: `∂L/∂x = ∂L/∂y`
 *
 * Differs: sines and cosines alternate, as in the paper and in PyTorch's tutorials; Keras's
 * `SinePositionEncoding` gives the waves alone.
 *
 * Counterparts: Keras none; PyTorch none; TensorFlow.js none
 *
 * @param options `longest`: the wavelength of the slowest wave divided by 2π, in steps; 10000 by default.
 * @returns A layer without parameters.
 *
 * @example
 * ```ts
 * import { sinusoidalPositions, stageOf } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(stageOf(sinusoidalPositions())?.definition.name, "sinusoidalPositions");
 * ```
 *
 * Source: Vaswani et al., "Attention is all you need", NeurIPS 2017, https://arxiv.org/abs/1706.03762
 */
export function sinusoidalPositions(
  options: { readonly longest?: number | undefined } = {},
): PositionsLayer {
  return stage(options);
}

/**
 * Gaussian noise.
 *
 * @module
 */
import { z } from "zod";
import { defineLayer, lazySchema, ops, type Schema } from "../../core/mod.ts";
import type { ShapeKeepingLayer } from "./activations.ts";

interface GaussianNoiseConfig {
  readonly std: number;
}

const config: Schema<GaussianNoiseConfig, GaussianNoiseConfig> = lazySchema(() =>
  z.strictObject({
    std: z.number().min(0).describe("Standard deviation of what is added while training"),
  })
);

const stage = defineLayer<ShapeKeepingLayer>()({
  name: "gaussianNoise",
  config,
  formula: "y = x + std · z, z normal",
  build({ x }, context) {
    const { std } = context.config;
    if (std === 0) return x;
    const [u, v] = [context.random(x.spec.shape), context.random(x.spec.shape)];
    // Box and Muller; 1 - u is never 0
    const radius = ops.sqrt(ops.mul(ops.log(ops.sub(1, u)), -2 * std ** 2));
    return ops.add(x, ops.mul(radius, ops.cos(ops.mul(v, 2 * Math.PI))));
  },
  buildInference: ({ x }) => x,
});

/**
 * `y = x + std · z`, with `z` standard normal, new for every element and step: noise that is added
 * while training. The layer is absent when evaluating and predicting.
 *
 * Shapes: `x [batch, …] -> [batch, …]`
 *
 * Gradient: `∂L/∂x = ∂L/∂y`
 *
 * Numerics: `z = √(-2 log(1 - u)) · cos(2π v)` with uniform `u` and `v`; no `z` is beyond 5.8.
 *
 * Counterparts: Keras `GaussianNoise`; PyTorch none; TensorFlow.js `layers.gaussianNoise`
 *
 * @param std Standard deviation of the noise, 0 or more.
 * @returns A layer without parameters.
 *
 * @example
 * ```ts
 * import { gaussianNoise, stageOf } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(stageOf(gaussianNoise(0.1))?.options, { std: 0.1 });
 * ```
 *
 * Source: Bishop, "Training with noise is equivalent to Tikhonov regularization", Neural Computation 7,
 * 1995, https://doi.org/10.1162/neco.1995.7.1.108
 */
export function gaussianNoise(std: number): ShapeKeepingLayer {
  return stage({ std });
}

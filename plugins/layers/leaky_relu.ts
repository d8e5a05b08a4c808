/**
 * The leaky rectified linear unit as a layer.
 *
 * @module
 */
import { z } from "zod";
import { defineLayer, lazySchema, ops, type Schema } from "../../core/mod.ts";
import { leakySlope, type ShapeKeepingLayer } from "./activations.ts";

/** Options of {@linkcode leakyRelu}. */
export interface LeakyReluOptions {
  /** Slope below 0. Default 0.3. */
  readonly negativeSlope?: number | undefined;
}

interface LeakyReluConfig {
  readonly negativeSlope: number;
}

const config: Schema<LeakyReluOptions, LeakyReluConfig> = lazySchema(() =>
  z.strictObject({
    negativeSlope: z.number().min(0).default(leakySlope).describe("Slope below 0"),
  })
);

const stage = defineLayer<ShapeKeepingLayer>()({
  name: "leakyRelu",
  config,
  formula: "y = x for x > 0, else negativeSlope · x",
  build: ({ x }, { config }) => ops.leakyRelu(x, config.negativeSlope),
});

/**
 * `y = x` above 0, else `negativeSlope · x`, element by element.
 *
 * Shapes: `x [batch, …] -> [batch, …]`
 *
 * Gradient: `∂L/∂x = ∂L/∂y` above 0, else `∂L/∂y · negativeSlope`
 *
 * Differs: the slope is 0.3 by default, as in the layer of Keras, here by name too (in Keras 0.2);
 * PyTorch's is 0.01.
 *
 * Counterparts: Keras `LeakyReLU`; PyTorch `LeakyReLU`; TensorFlow.js `layers.leakyReLU`
 *
 * @returns A layer without parameters.
 *
 * @example
 * ```ts
 * import { leakyRelu, stageOf } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(stageOf(leakyRelu({ negativeSlope: 0.01 }))?.options, { negativeSlope: 0.01 });
 * ```
 *
 * Source: Maas, Hannun, Ng, "Rectifier nonlinearities improve neural network acoustic models", 2013,
 * https://ai.stanford.edu/~amaas/papers/relu_hybrid_icml2013_final.pdf
 */
export function leakyRelu(options: LeakyReluOptions = {}): ShapeKeepingLayer {
  return stage(options);
}

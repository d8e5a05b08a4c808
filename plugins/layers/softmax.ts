/**
 * The softmax as a layer.
 *
 * @module
 */
import { z } from "zod";
import { defineLayer, lazySchema, ops, type Schema } from "../../core/mod.ts";
import type { ShapeKeepingLayer } from "./activations.ts";

/** Options of {@linkcode softmax}. */
export interface SoftmaxOptions {
  /** The axis along which outputs sum to 1; negative counts from the end. Default -1. */
  readonly axis?: number | undefined;
}

interface SoftmaxConfig {
  readonly axis: number;
}

const config: Schema<SoftmaxOptions, SoftmaxConfig> = lazySchema(() =>
  z.strictObject({
    axis: z.int().default(-1).describe(
      "Axis along which outputs sum to 1; negative counts from the end",
    ),
  })
);

const stage = defineLayer<ShapeKeepingLayer>()({
  name: "softmax",
  config,
  formula: "y_i = exp(x_i) / Σ_j exp(x_j)",
  build: ({ x }, { config }) => ops.softmax(x, { axis: config.axis }),
});

/**
 * `y_i = exp(x_i) / Σ_j exp(x_j)` along an axis: scores become probabilities.
 *
 * Shapes: `x [batch, …] -> [batch, …]`
 *
 * Gradient: `∂L/∂x = y ⊙ (∂L/∂y - Σ_j ∂L/∂y_j · y_j)`
 *
 * Numerics: the maximum is subtracted first, so that no exponential overflows.
 *
 * Differs: the default axis is the last one, as in Keras. Train on the scores themselves with a
 * cross-entropy of this project: it is more exact than the logarithm of probabilities.
 *
 * Counterparts: Keras `Softmax`; PyTorch `Softmax`; TensorFlow.js `layers.softmax`
 *
 * @returns A layer without parameters.
 *
 * @example
 * ```ts
 * import { softmax, stageOf } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(stageOf(softmax())?.definition.formula, "y_i = exp(x_i) / Σ_j exp(x_j)");
 * ```
 */
export function softmax(options: SoftmaxOptions = {}): ShapeKeepingLayer {
  return stage(options);
}

/**
 * The logarithm of the softmax as a layer.
 *
 * @module
 */
import { z } from "zod";
import { defineLayer, lazySchema, ops, type Schema } from "../../core/mod.ts";
import type { ShapeKeepingLayer } from "./activations.ts";

/** Options of {@linkcode logSoftmax}. */
export interface LogSoftmaxOptions {
  /** The axis along which the exponentials of outputs sum to 1; negative counts from the end. Default -1. */
  readonly axis?: number | undefined;
}

interface LogSoftmaxConfig {
  readonly axis: number;
}

const config: Schema<LogSoftmaxOptions, LogSoftmaxConfig> = lazySchema(() =>
  z.strictObject({
    axis: z.int().default(-1).describe(
      "Axis along which the exponentials of outputs sum to 1; negative counts from the end",
    ),
  })
);

const stage = defineLayer<ShapeKeepingLayer>()({
  name: "logSoftmax",
  config,
  formula: "y_i = x_i - log Σ_j exp(x_j)",
  build: ({ x }, { config }) => ops.logSoftmax(x, { axis: config.axis }),
});

/**
 * `y_i = x_i - log Σ_j exp(x_j)` along an axis: scores become logarithms of probabilities.
 *
 * Shapes: `x [batch, …] -> [batch, …]`
 *
 * Gradient: `∂L/∂x = ∂L/∂y - exp(y) · Σ_j ∂L/∂y_j`
 *
 * Numerics: the maximum is subtracted first; no probability is computed, so that none becomes 0.
 *
 * Counterparts: Keras `activations.log_softmax`; PyTorch `LogSoftmax`; TensorFlow.js `logSoftmax`
 *
 * @returns A layer without parameters.
 *
 * @example
 * ```ts
 * import { logSoftmax, stageOf } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(stageOf(logSoftmax())?.definition.formula, "y_i = x_i - log Σ_j exp(x_j)");
 * ```
 */
export function logSoftmax(options: LogSoftmaxOptions = {}): ShapeKeepingLayer {
  return stage(options);
}

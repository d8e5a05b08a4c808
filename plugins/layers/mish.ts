/**
 * Mish as a layer.
 *
 * @module
 */
import { z } from "zod";
import { defineLayer, lazySchema, ops } from "../../core/mod.ts";
import type { ShapeKeepingLayer } from "./activations.ts";

const stage = defineLayer<ShapeKeepingLayer>()({
  name: "mish",
  config: lazySchema(() => z.strictObject({})),
  formula: "y = x · tanh(log(1 + exp(x)))",
  build: ({ x }) => ops.mish(x),
});

/**
 * `y = x · tanh(log(1 + e^x))`, element by element.
 *
 * Shapes: `x [batch, …] -> [batch, …]`
 *
 * Gradient: `∂L/∂x = ∂L/∂y · (t + x · (1 - t²) · sigmoid(x))`, with `t = tanh(log(1 + e^x))`
 *
 * Counterparts: Keras `activations.mish`; PyTorch `Mish`; TensorFlow.js `layers.activation("mish")`
 *
 * @returns A layer without parameters.
 *
 * @example
 * ```ts
 * import { mish, stageOf } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(stageOf(mish())?.definition.formula, "y = x · tanh(log(1 + exp(x)))");
 * ```
 *
 * Source: Misra, "Mish: A self regularized non-monotonic activation function", 2019,
 * https://arxiv.org/abs/1908.08681
 */
export function mish(): ShapeKeepingLayer {
  return stage({});
}

/**
 * The sigmoid-weighted linear unit as a layer.
 *
 * @module
 */
import { z } from "zod";
import { defineLayer, lazySchema, ops } from "../../core/mod.ts";
import type { ShapeKeepingLayer } from "./activations.ts";

const stage = defineLayer<ShapeKeepingLayer>()({
  name: "silu",
  config: lazySchema(() => z.strictObject({})),
  formula: "y = x · sigmoid(x)",
  build: ({ x }) => ops.silu(x),
});

/**
 * `y = x · sigmoid(x)`, element by element, also called swish.
 *
 * Shapes: `x [batch, …] -> [batch, …]`
 *
 * Gradient: `∂L/∂x = ∂L/∂y · (s + y · (1 - s))`, with `s = sigmoid(x)`
 *
 * Counterparts: Keras `activations.silu`; PyTorch `SiLU`; TensorFlow.js `layers.activation("swish")`
 *
 * @returns A layer without parameters.
 *
 * @example
 * ```ts
 * import { silu, stageOf } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(stageOf(silu())?.definition.formula, "y = x · sigmoid(x)");
 * ```
 *
 * Source: Elfwing, Uchibe, Doya, "Sigmoid-weighted linear units for neural network function approximation
 * in reinforcement learning", 2017, https://arxiv.org/abs/1702.03118
 */
export function silu(): ShapeKeepingLayer {
  return stage({});
}

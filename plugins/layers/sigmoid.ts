/**
 * The logistic function as a layer.
 *
 * @module
 */
import { z } from "zod";
import { defineLayer, lazySchema, ops } from "../../core/mod.ts";
import type { ShapeKeepingLayer } from "./activations.ts";

const stage = defineLayer<ShapeKeepingLayer>()({
  name: "sigmoid",
  config: lazySchema(() => z.strictObject({})),
  formula: "y = 1 / (1 + exp(-x))",
  build: ({ x }) => ops.sigmoid(x),
});

/**
 * `y = 1 / (1 + exp(-x))`, element by element: from 0 to 1.
 *
 * Shapes: `x [batch, …] -> [batch, …]`
 *
 * Gradient: `∂L/∂x = ∂L/∂y · y · (1 - y)`
 *
 * Counterparts: Keras `activations.sigmoid`; PyTorch `Sigmoid`; TensorFlow.js
 * `layers.activation("sigmoid")`
 *
 * @returns A layer without parameters.
 *
 * @example
 * ```ts
 * import { sigmoid, stageOf } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(stageOf(sigmoid())?.definition.formula, "y = 1 / (1 + exp(-x))");
 * ```
 */
export function sigmoid(): ShapeKeepingLayer {
  return stage({});
}

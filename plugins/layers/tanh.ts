/**
 * The hyperbolic tangent as a layer.
 *
 * @module
 */
import { z } from "zod";
import { defineLayer, lazySchema, ops } from "../../core/mod.ts";
import type { ShapeKeepingLayer } from "./activations.ts";

const stage = defineLayer<ShapeKeepingLayer>()({
  name: "tanh",
  config: lazySchema(() => z.strictObject({})),
  formula: "y = tanh(x)",
  build: ({ x }) => ops.tanh(x),
});

/**
 * `y = tanh(x)`, element by element: from -1 to 1.
 *
 * Shapes: `x [batch, …] -> [batch, …]`
 *
 * Gradient: `∂L/∂x = ∂L/∂y · (1 - y²)`
 *
 * Counterparts: Keras `activations.tanh`; PyTorch `Tanh`; TensorFlow.js `layers.activation("tanh")`
 *
 * @returns A layer without parameters.
 *
 * @example
 * ```ts
 * import { tanh, stageOf } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(stageOf(tanh())?.definition.formula, "y = tanh(x)");
 * ```
 */
export function tanh(): ShapeKeepingLayer {
  return stage({});
}

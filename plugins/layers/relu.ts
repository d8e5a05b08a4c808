/**
 * The rectified linear unit as a layer.
 *
 * @module
 */
import { z } from "zod";
import { defineLayer, lazySchema, ops } from "../../core/mod.ts";
import type { ShapeKeepingLayer } from "./activations.ts";

const stage = defineLayer<ShapeKeepingLayer>()({
  name: "relu",
  config: lazySchema(() => z.strictObject({})),
  formula: "y = max(x, 0)",
  build: ({ x }) => ops.relu(x),
});

/**
 * `y = max(x, 0)`, element by element; the gradient at 0 is 0.
 *
 * Shapes: `x [batch, …] -> [batch, …]`
 *
 * Gradient: `∂L/∂x = ∂L/∂y · [x > 0]`
 *
 * Counterparts: Keras `ReLU`; PyTorch `ReLU`; TensorFlow.js `layers.reLU`
 *
 * @returns A layer without parameters.
 *
 * @example
 * ```ts
 * import { relu, stageOf } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(stageOf(relu())?.definition.formula, "y = max(x, 0)");
 * ```
 */
export function relu(): ShapeKeepingLayer {
  return stage({});
}

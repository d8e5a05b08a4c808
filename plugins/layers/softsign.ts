/**
 * The softsign as a layer.
 *
 * @module
 */
import { z } from "zod";
import { defineLayer, lazySchema, ops } from "../../core/mod.ts";
import type { ShapeKeepingLayer } from "./activations.ts";

const stage = defineLayer<ShapeKeepingLayer>()({
  name: "softsign",
  config: lazySchema(() => z.strictObject({})),
  formula: "y = x / (1 + |x|)",
  build: ({ x }) => ops.softsign(x),
});

/**
 * `y = x / (1 + |x|)`, element by element: from -1 to 1, which it approaches more slowly than the tangent.
 *
 * Shapes: `x [batch, …] -> [batch, …]`
 *
 * Gradient: `∂L/∂x = ∂L/∂y / (1 + |x|)²`
 *
 * Counterparts: Keras `activations.softsign`; PyTorch `Softsign`; TensorFlow.js
 * `layers.activation("softsign")`
 *
 * @returns A layer without parameters.
 *
 * @example
 * ```ts
 * import { softsign, stageOf } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(stageOf(softsign())?.definition.formula, "y = x / (1 + |x|)");
 * ```
 */
export function softsign(): ShapeKeepingLayer {
  return stage({});
}

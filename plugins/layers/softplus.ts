/**
 * The softplus as a layer.
 *
 * @module
 */
import { z } from "zod";
import { defineLayer, lazySchema, ops } from "../../core/mod.ts";
import type { ShapeKeepingLayer } from "./activations.ts";

const stage = defineLayer<ShapeKeepingLayer>()({
  name: "softplus",
  config: lazySchema(() => z.strictObject({})),
  formula: "y = log(1 + exp(x))",
  build: ({ x }) => ops.softplus(x),
});

/**
 * `y = log(1 + e^x)`, element by element: a smooth `max(x, 0)`, above 0 everywhere.
 *
 * Shapes: `x [batch, …] -> [batch, …]`
 *
 * Gradient: `∂L/∂x = ∂L/∂y · sigmoid(x)`
 *
 * Numerics: computed as `max(x, 0) + log1p(e^-|x|)`, which overflows for no x.
 *
 * Differs: PyTorch's `Softplus` has a sharpness `beta`, which is 1 here and in Keras.
 *
 * Counterparts: Keras `activations.softplus`; PyTorch `Softplus`; TensorFlow.js
 * `layers.activation("softplus")`
 *
 * @returns A layer without parameters.
 *
 * @example
 * ```ts
 * import { softplus, stageOf } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(stageOf(softplus())?.definition.formula, "y = log(1 + exp(x))");
 * ```
 */
export function softplus(): ShapeKeepingLayer {
  return stage({});
}

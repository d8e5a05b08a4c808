/**
 * The scaled exponential linear unit as a layer.
 *
 * @module
 */
import { z } from "zod";
import { defineLayer, lazySchema, ops } from "../../core/mod.ts";
import type { ShapeKeepingLayer } from "./activations.ts";

const stage = defineLayer<ShapeKeepingLayer>()({
  name: "selu",
  config: lazySchema(() => z.strictObject({})),
  formula: "y = 1.0507 · elu(x, 1.6733)",
  build: ({ x }) => ops.selu(x),
});

/**
 * `y = scale · x` above 0, else `scale · alpha · (e^x - 1)`, element by element, with the scale 1.0507… and
 * the alpha 1.6733… for which the mean 0 and the variance 1 are kept from layer to layer, where weights
 * are drawn by `"leCunNormal"`.
 *
 * Shapes: `x [batch, …] -> [batch, …]`
 *
 * Gradient: `∂L/∂x = ∂L/∂y · scale` above 0, else `∂L/∂y · scale · alpha · e^x`
 *
 * Counterparts: Keras `activations.selu`; PyTorch `SELU`; TensorFlow.js `layers.activation("selu")`
 *
 * @returns A layer without parameters.
 *
 * @example
 * ```ts
 * import { selu, stageOf } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(stageOf(selu())?.definition.formula, "y = 1.0507 · elu(x, 1.6733)");
 * ```
 *
 * Source: Klambauer, Unterthiner, Mayr, Hochreiter, "Self-normalizing neural networks", 2017,
 * https://arxiv.org/abs/1706.02515
 */
export function selu(): ShapeKeepingLayer {
  return stage({});
}

/**
 * The hard sigmoid as a layer.
 *
 * @module
 */
import { z } from "zod";
import { defineLayer, lazySchema, ops } from "../../core/mod.ts";
import type { ShapeKeepingLayer } from "./activations.ts";

const stage = defineLayer<ShapeKeepingLayer>()({
  name: "hardSigmoid",
  config: lazySchema(() => z.strictObject({})),
  formula: "y = min(max(x + 3, 0), 6) / 6",
  build: ({ x }) => ops.hardSigmoid(x),
});

/**
 * `y = min(max(x + 3, 0), 6) / 6`, element by element: a sigmoid of three straight lines.
 *
 * Shapes: `x [batch, …] -> [batch, …]`
 *
 * Gradient: `∂L/∂x = ∂L/∂y / 6` between -3 and 3, else 0
 *
 * Differs: nothing from PyTorch and Keras 3; Keras 2 had `0.2 · x + 0.5` between -2.5 and 2.5.
 *
 * Counterparts: Keras `activations.hard_sigmoid`; PyTorch `Hardsigmoid`; TensorFlow.js
 * `layers.activation("hardSigmoid")`
 *
 * @returns A layer without parameters.
 *
 * @example
 * ```ts
 * import { hardSigmoid, stageOf } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(stageOf(hardSigmoid())?.definition.formula, "y = min(max(x + 3, 0), 6) / 6");
 * ```
 */
export function hardSigmoid(): ShapeKeepingLayer {
  return stage({});
}

/**
 * The hard swish as a layer.
 *
 * @module
 */
import { z } from "zod";
import { defineLayer, lazySchema, ops } from "../../core/mod.ts";
import type { ShapeKeepingLayer } from "./activations.ts";

const stage = defineLayer<ShapeKeepingLayer>()({
  name: "hardSwish",
  config: lazySchema(() => z.strictObject({})),
  formula: "y = x · min(max(x + 3, 0), 6) / 6",
  build: ({ x }) => ops.hardSwish(x),
});

/**
 * `y = x · min(max(x + 3, 0), 6) / 6`, element by element: a swish without an exponential.
 *
 * Shapes: `x [batch, …] -> [batch, …]`
 *
 * Gradient: `∂L/∂x = ∂L/∂y · (x / 3 + 1 / 2)` between -3 and 3; `∂L/∂y` above, 0 below
 *
 * Counterparts: Keras `activations.hard_swish`; PyTorch `Hardswish`; TensorFlow.js none
 *
 * @returns A layer without parameters.
 *
 * @example
 * ```ts
 * import { hardSwish, stageOf } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(stageOf(hardSwish())?.definition.formula, "y = x · min(max(x + 3, 0), 6) / 6");
 * ```
 *
 * Source: Howard et al., "Searching for MobileNetV3", 2019, https://arxiv.org/abs/1905.02244
 */
export function hardSwish(): ShapeKeepingLayer {
  return stage({});
}

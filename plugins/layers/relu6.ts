/**
 * The rectified linear unit that is cut off at 6, as a layer.
 *
 * @module
 */
import { z } from "zod";
import { defineLayer, lazySchema, ops } from "../../core/mod.ts";
import type { ShapeKeepingLayer } from "./activations.ts";

const stage = defineLayer<ShapeKeepingLayer>()({
  name: "relu6",
  config: lazySchema(() => z.strictObject({})),
  formula: "y = min(max(x, 0), 6)",
  build: ({ x }) => ops.relu6(x),
});

/**
 * `y = min(max(x, 0), 6)`, element by element; the gradient at 0 and at 6 is 0.
 *
 * Shapes: `x [batch, …] -> [batch, …]`
 *
 * Gradient: `∂L/∂x = ∂L/∂y · [0 < x < 6]`
 *
 * Counterparts: Keras `activations.relu6`; PyTorch `ReLU6`; TensorFlow.js
 * `layers.activation("relu6")`
 *
 * @returns A layer without parameters.
 *
 * @example
 * ```ts
 * import { relu6, stageOf } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(stageOf(relu6())?.definition.formula, "y = min(max(x, 0), 6)");
 * ```
 *
 * Source: Howard et al., "MobileNets: Efficient convolutional neural networks for mobile vision
 * applications", 2017, https://arxiv.org/abs/1704.04861
 */
export function relu6(): ShapeKeepingLayer {
  return stage({});
}

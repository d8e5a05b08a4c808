/**
 * Dropout.
 *
 * @module
 */
import { defineLayer } from "../../core/mod.ts";
import type { ShapeKeepingLayer } from "./activations.ts";
import { dropoutConfig, dropped } from "./dropping.ts";

const stage = defineLayer<ShapeKeepingLayer>()({
  name: "dropout",
  config: dropoutConfig("elements"),
  formula: "y = x · [u ≥ rate] / (1 - rate), u uniform in [0, 1)",
  build: ({ x }, context) => dropped(x, x.spec.shape, context),
  buildInference: ({ x }) => x,
});

/**
 * `y = x · [u ≥ rate] / (1 - rate)`, with `u` uniform in [0, 1) for every element and step: a share
 * `rate` of the elements is 0 while training, the others are larger, so that sums keep their mean.
 * The layer is absent when evaluating and predicting.
 *
 * Shapes: `x [batch, …] -> [batch, …]`
 *
 * Gradient: `∂L/∂x = ∂L/∂y · [u ≥ rate] / (1 - rate)`
 *
 * Counterparts: Keras `Dropout`; PyTorch `Dropout`; TensorFlow.js `layers.dropout`
 *
 * @param rate Share of elements set to 0, from 0 to less than 1.
 * @returns A layer without parameters.
 *
 * @example
 * ```ts
 * import { dropout, stageOf } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(stageOf(dropout(0.2))?.options, { rate: 0.2 });
 * ```
 *
 * Source: Srivastava et al., "Dropout", JMLR 15, 2014,
 * https://jmlr.org/papers/v15/srivastava14a.html
 */
export function dropout(rate: number): ShapeKeepingLayer {
  return stage({ rate });
}

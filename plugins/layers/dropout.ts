/**
 * Dropout.
 *
 * @module
 */
import { z } from "zod";
import { defineLayer, ops, type Schema } from "../../core/mod.ts";
import type { ShapeKeepingLayer } from "./activations.ts";

interface DropoutConfig {
  readonly rate: number;
}

const config: Schema<DropoutConfig, DropoutConfig> = z.strictObject({
  rate: z.number().min(0).lt(1).describe("Share of elements set to 0 while training"),
});

const stage = defineLayer<ShapeKeepingLayer>()({
  name: "dropout",
  config,
  formula: "y = x · [u ≥ rate] / (1 - rate), u uniform in [0, 1)",
  build({ x }, context) {
    const { rate } = context.config;
    if (rate === 0) return x;
    const kept = ops.greaterEqual(context.random(x.spec.shape), rate);
    return ops.mul(ops.mul(x, kept), 1 / (1 - rate));
  },
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

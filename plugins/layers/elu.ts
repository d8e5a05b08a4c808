/**
 * The exponential linear unit as a layer.
 *
 * @module
 */
import { z } from "zod";
import { defineLayer, lazySchema, ops, type Schema } from "../../core/mod.ts";
import type { ShapeKeepingLayer } from "./activations.ts";

/** Options of {@linkcode elu}. */
export interface EluOptions {
  /** What the output approaches, with the sign turned, as the input falls. Default 1. */
  readonly alpha?: number | undefined;
}

interface EluConfig {
  readonly alpha: number;
}

const config: Schema<EluOptions, EluConfig> = lazySchema(() =>
  z.strictObject({
    alpha: z.number().min(0).default(1).describe(
      "What the output approaches, with the sign turned, as the input falls",
    ),
  })
);

const stage = defineLayer<ShapeKeepingLayer>()({
  name: "elu",
  config,
  formula: "y = x for x > 0, else alpha · (exp(x) - 1)",
  build: ({ x }, { config }) => ops.elu(x, config),
});

/**
 * `y = x` above 0, else `alpha · (e^x - 1)`, element by element.
 *
 * Shapes: `x [batch, …] -> [batch, …]`
 *
 * Gradient: `∂L/∂x = ∂L/∂y` above 0, else `∂L/∂y · alpha · e^x`
 *
 * Counterparts: Keras `ELU`; PyTorch `ELU`; TensorFlow.js `layers.elu`
 *
 * @returns A layer without parameters.
 *
 * @example
 * ```ts
 * import { elu, stageOf } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(stageOf(elu({ alpha: 0.5 }))?.options, { alpha: 0.5 });
 * ```
 *
 * Source: Clevert, Unterthiner, Hochreiter, "Fast and accurate deep network learning by exponential
 * linear units", 2015, https://arxiv.org/abs/1511.07289
 */
export function elu(options: EluOptions = {}): ShapeKeepingLayer {
  return stage(options);
}

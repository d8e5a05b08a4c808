/**
 * The Gaussian error linear unit as a layer.
 *
 * @module
 */
import { z } from "zod";
import { defineLayer, lazySchema, ops, type Schema } from "../../core/mod.ts";
import type { ShapeKeepingLayer } from "./activations.ts";

/** Options of {@linkcode gelu}. */
export interface GeluOptions {
  /** Whether the normal distribution is approximated by a hyperbolic tangent. Default `false`. */
  readonly approximate?: boolean | undefined;
}

interface GeluConfig {
  readonly approximate: boolean;
}

const config: Schema<GeluOptions, GeluConfig> = lazySchema(() =>
  z.strictObject({
    approximate: z.boolean().default(false).describe(
      "Whether the normal distribution is approximated by a hyperbolic tangent",
    ),
  })
);

const stage = defineLayer<ShapeKeepingLayer>()({
  name: "gelu",
  config,
  formula: "y = x · Φ(x), Φ the normal distribution function",
  build: ({ x }, { config }) => ops.gelu(x, config),
});

/**
 * `y = x · Φ(x)`, element by element, with the normal distribution function
 * `Φ(x) = (1 + erf(x / √2)) / 2`, or its approximation `(1 + tanh(√(2/π) · (x + 0.044715 · x³))) / 2`.
 *
 * Shapes: `x [batch, …] -> [batch, …]`
 *
 * Gradient: `∂L/∂x = ∂L/∂y · (Φ(x) + x · φ(x))`, with the normal density `φ`
 *
 * Differs: nothing from Keras; PyTorch says `approximate="tanh"`. By name it is `"gelu"` or `"geluTanh"`.
 *
 * Counterparts: Keras `activations.gelu`; PyTorch `GELU`; TensorFlow.js `layers.activation("gelu")`
 *
 * @returns A layer without parameters.
 *
 * @example
 * ```ts
 * import { gelu, stageOf } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(stageOf(gelu({ approximate: true }))?.options, { approximate: true });
 * ```
 *
 * Source: Hendrycks, Gimpel, "Gaussian error linear units (GELUs)", 2016, https://arxiv.org/abs/1606.08415
 */
export function gelu(options: GeluOptions = {}): ShapeKeepingLayer {
  return stage(options);
}

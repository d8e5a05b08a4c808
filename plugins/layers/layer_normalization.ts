/**
 * Layer normalization.
 *
 * @module
 */
import { z } from "zod";
import { defineLayer, lazySchema, type Schema } from "../../core/mod.ts";
import type { ShapeKeepingLayer } from "./activations.ts";
import {
  type AffineConfig,
  affineFields,
  type AffineOptions,
  affineParameters,
  axesField,
  axesOf,
  epsilonField,
  momentsOf,
  normalize,
  shapeAlong,
} from "./normalizing.ts";

/** Options of {@linkcode layerNormalization}. */
export interface LayerNormalizationOptions extends AffineOptions {
  /** The axis or axes that are normalized together, the batch being axis 0; negative count from the end. Default -1. */
  readonly axis?: number | readonly number[] | undefined;
  /** What is added to the variance under the root. Default 0.001. */
  readonly epsilon?: number | undefined;
}

interface LayerNormalizationConfig extends AffineConfig {
  readonly axis: number | readonly number[];
  readonly epsilon: number;
}

const config: Schema<LayerNormalizationOptions, LayerNormalizationConfig> = lazySchema(() =>
  z.strictObject({
    axis: axesField(),
    epsilon: epsilonField(1e-3),
    ...affineFields(),
  })
);

const stage = defineLayer<ShapeKeepingLayer>()({
  name: "layerNormalization",
  config,
  formula: "y = gamma · (x - mean) / √(variance + epsilon) + beta",
  parameters: (config, x) => affineParameters(config, shapeAlong(x, axesOf(x, config.axis))),
  build: ({ x, gamma, beta }, { config: { axis, epsilon } }) =>
    normalize(momentsOf(x, axesOf(x.spec, axis)), { epsilon, gamma, beta }),
});

/**
 * `y = gamma · (x - mean) / √(variance + epsilon) + beta`, with mean and variance of each row (of each
 * pixel or step of it) by itself: the same in training and in use.
 *
 * Shapes: `x [batch, …, features], gamma, beta [features] -> [batch, …, features]`; with other axes,
 * gamma and beta have these, and size 1 at those between them
 *
 * Gradient: with `x̂ = (x - mean) / σ`, `σ = √(variance + epsilon)` and `δ = ∂L/∂y · gamma`:
 * `∂L/∂x = (δ - mean(δ) - x̂ · mean(δ · x̂)) / σ`, `∂L/∂gamma = Σ ∂L/∂y · x̂`, `∂L/∂beta = Σ ∂L/∂y`
 *
 * Numerics: the variance is the mean of squared deviations from the mean: two passes, nothing cancels.
 *
 * Differs: as Keras; PyTorch's `LayerNorm` has an epsilon of 1e-5, and takes the shape of the last axes
 * in the place of their numbers.
 *
 * Counterparts: Keras `LayerNormalization`; PyTorch `LayerNorm`; TensorFlow.js
 * `layers.layerNormalization`
 *
 * @returns A layer with the parameters `gamma` and `beta`.
 * @throws {RangeError} When x has no such axis behind the batch.
 *
 * @example
 * ```ts
 * import { dense, layerNormalization, sequential, stageOf } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const block = sequential(dense(64), layerNormalization({ epsilon: 1e-5 }));
 * assertEquals(stageOf(block)?.definition.name, "sequential");
 * ```
 *
 * Source: Ba, Kiros, Hinton, "Layer normalization", 2016, https://arxiv.org/abs/1607.06450
 */
export function layerNormalization(options: LayerNormalizationOptions = {}): ShapeKeepingLayer {
  return stage(options);
}

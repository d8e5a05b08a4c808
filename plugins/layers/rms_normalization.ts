/**
 * Root mean square normalization.
 *
 * @module
 */
import { z } from "zod";
import { defineLayer, lazySchema, ops, type Schema } from "../../core/mod.ts";
import { initializerField } from "../fields.ts";
import { type InitializerLike, resolveInitializer } from "../initializers/mod.ts";
import type { ShapeKeepingLayer } from "./activations.ts";
import { axesField, axesOf, epsilonField, normalize, shapeAlong } from "./normalizing.ts";

/** Options of {@linkcode rmsNormalization}. */
export interface RmsNormalizationOptions {
  /** The axis or axes that are normalized together, the batch being axis 0; negative count from the end. Default -1. */
  readonly axis?: number | readonly number[] | undefined;
  /** What is added to the mean square under the root. Default 1e-6. */
  readonly epsilon?: number | undefined;
  /** Whether there is a factor `gamma`. Default `true`. */
  readonly scale?: boolean | undefined;
  /** First values of `gamma`. Default `"ones"`. */
  readonly gammaInitializer?: InitializerLike | undefined;
}

interface RmsNormalizationConfig {
  readonly axis: number | readonly number[];
  readonly epsilon: number;
  readonly scale: boolean;
  readonly gammaInitializer: InitializerLike;
}

const config: Schema<RmsNormalizationOptions, RmsNormalizationConfig> = lazySchema(() =>
  z.strictObject({
    axis: axesField(),
    epsilon: epsilonField(1e-6),
    scale: z.boolean().default(true).describe("Whether there is a factor gamma"),
    gammaInitializer: initializerField("ones", "First values of gamma"),
  })
);

const stage = defineLayer<ShapeKeepingLayer>()({
  name: "rmsNormalization",
  config,
  formula: "y = gamma · x / √(mean(x²) + epsilon)",
  parameters: ({ axis, scale, gammaInitializer }, x) => ({
    gamma: scale
      ? {
        shape: shapeAlong(x, axesOf(x, axis)),
        initializer: resolveInitializer(gammaInitializer),
      }
      : undefined,
  }),
  build({ x, gamma }, { config: { axis, epsilon } }) {
    const variance = ops.mean(ops.square(x), { axes: axesOf(x.spec, axis), keepDims: true });
    return normalize({ deviation: x, variance }, { epsilon, gamma, beta: undefined });
  },
});

/**
 * `y = gamma · x / √(mean(x²) + epsilon)`, with the mean of each row (of each pixel or step of it) by
 * itself: layer normalization without a mean to take off, and so cheaper.
 *
 * Shapes: `x [batch, …, features], gamma [features] -> [batch, …, features]`
 *
 * Gradient: with `x̂ = x / r`, `r = √(mean(x²) + epsilon)` and `δ = ∂L/∂y · gamma`:
 * `∂L/∂x = (δ - x̂ · mean(δ · x̂)) / r`, `∂L/∂gamma = Σ ∂L/∂y · x̂`
 *
 * Differs: as Keras 3; PyTorch's `RMSNorm` has the epsilon of the element type's precision (1.2e-7).
 *
 * Counterparts: Keras `RMSNormalization`; PyTorch `RMSNorm`; TensorFlow.js none
 *
 * @returns A layer with the parameter `gamma`.
 * @throws {RangeError} When x has no such axis behind the batch.
 *
 * @example
 * ```ts
 * import { dense, rmsNormalization, sequential, stageOf } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const block = sequential(dense(64), rmsNormalization());
 * assertEquals(stageOf(block)?.definition.name, "sequential");
 * ```
 *
 * Source: Zhang, Sennrich, "Root mean square layer normalization", 2019,
 * https://arxiv.org/abs/1910.07467
 */
export function rmsNormalization(options: RmsNormalizationOptions = {}): ShapeKeepingLayer {
  return stage(options);
}

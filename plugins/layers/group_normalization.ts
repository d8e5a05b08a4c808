/**
 * Group normalization.
 *
 * @module
 */
import { z } from "zod";
import { defineLayer, formatSpec, lazySchema, ops, type Schema } from "../../core/mod.ts";
import type { ShapeKeepingLayer } from "./activations.ts";
import {
  type AffineConfig,
  affineFields,
  type AffineOptions,
  affineParameters,
  epsilonField,
  momentsOf,
  normalize,
} from "./normalizing.ts";

/** Options of {@linkcode groupNormalization}. */
export interface GroupNormalizationOptions extends AffineOptions {
  /** In how many groups the channels, the last axis, are divided; -1 for a group for each channel. Default 32. */
  readonly groups?: number | undefined;
  /** What is added to the variance under the root. Default 0.001. */
  readonly epsilon?: number | undefined;
}

interface GroupNormalizationConfig extends AffineConfig {
  readonly groups: number;
  readonly epsilon: number;
}

const config: Schema<GroupNormalizationOptions, GroupNormalizationConfig> = lazySchema(() =>
  z.strictObject({
    groups: z.int().refine((groups) => groups === -1 || groups >= 1, {
      error: "expected a number of groups of 1 or more, or -1 for one for each channel",
    }).default(32).describe(
      "In how many groups the channels are divided; -1 for a group for each channel",
    ),
    epsilon: epsilonField(1e-3),
    ...affineFields(),
  })
);

const stage = defineLayer<ShapeKeepingLayer>()({
  name: "groupNormalization",
  config,
  formula: "y = gamma · (x - mean) / √(variance + epsilon) + beta, by group",
  parameters: (config, x) => affineParameters(config, [x.shape.at(-1)!]),
  build({ x, gamma, beta }, { config }) {
    const { shape } = x.spec;
    const channels = shape.at(-1)!;
    const groups = config.groups === -1 ? channels : config.groups;
    if (shape.length < 2 || channels % groups !== 0) {
      throw new TypeError(
        `Cannot normalize ${
          formatSpec(x.spec)
        } in ${groups} groups: they do not divide its ${channels} channels`,
      );
    }
    const grouped = [groups, channels / groups];
    const apart = ops.reshape(x, [...shape.slice(0, -1), ...grouped]);
    const axes = apart.spec.shape.map((_, axis) => axis).filter((axis) =>
      axis !== 0 && axis !== shape.length - 1
    );
    const made = normalize(momentsOf(apart, axes), {
      epsilon: config.epsilon,
      gamma: gamma && ops.reshape(gamma, grouped),
      beta: beta && ops.reshape(beta, grouped),
    });
    return ops.reshape(made, shape);
  },
});

/**
 * `y = gamma · (x - mean) / √(variance + epsilon) + beta`, with mean and variance of each row and each
 * group of neighbouring channels, over all pixels or steps: the same in training and in use. One group
 * is layer normalization of whole images; a group for each channel (`groups: -1`) is instance
 * normalization.
 *
 * Shapes: `x [batch, …, channels], gamma, beta [channels] -> [batch, …, channels]`
 *
 * Gradient: with `x̂ = (x - mean) / σ`, `σ = √(variance + epsilon)` and `δ = ∂L/∂y · gamma`:
 * `∂L/∂x = (δ - mean(δ) - x̂ · mean(δ · x̂)) / σ`, the means over a group; `∂L/∂gamma = Σ ∂L/∂y · x̂`,
 * `∂L/∂beta = Σ ∂L/∂y`
 *
 * Differs: as Keras, the channels being the last axis; PyTorch's `GroupNorm` wants the number of
 * channels, which are its axis 1, and has an epsilon of 1e-5.
 *
 * Counterparts: Keras `GroupNormalization`; PyTorch `GroupNorm`; TensorFlow.js none
 *
 * @returns A layer with the parameters `gamma` and `beta`.
 * @throws {TypeError} When groups do not divide the channels.
 *
 * @example
 * ```ts
 * import { conv2d, groupNormalization, sequential, stageOf } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const block = sequential(conv2d(16, 3), groupNormalization({ groups: 4 }));
 * assertEquals(stageOf(block)?.definition.name, "sequential");
 * ```
 *
 * Source: Wu, He, "Group normalization", 2018, https://arxiv.org/abs/1803.08494
 */
export function groupNormalization(options: GroupNormalizationOptions = {}): ShapeKeepingLayer {
  return stage(options);
}

/**
 * Positions as vectors that are learned.
 *
 * @module
 */
import { z } from "zod";
import { defineLayer, formatSpec, lazySchema, ops, type Schema } from "../../core/mod.ts";
import { initializerField } from "../fields.ts";
import { type InitializerLike, resolveInitializer } from "../initializers/mod.ts";
import type { PositionsLayer } from "./sinusoidal_positions.ts";

/** Options of {@linkcode learnedPositions}. */
export interface LearnedPositionsOptions {
  /** First values of the vectors. Default `"randomUniform"`, in ±0.05. */
  readonly embeddingsInitializer?: InitializerLike | undefined;
}

interface LearnedPositionsConfig {
  readonly steps: number;
  readonly embeddingsInitializer: InitializerLike;
}

const config: Schema<LearnedPositionsOptions & { readonly steps: number }, LearnedPositionsConfig> =
  lazySchema(() =>
    z.strictObject({
      steps: z.int().min(1).describe("Number of vectors: the most steps of a sequence"),
      embeddingsInitializer: initializerField("randomUniform", "First values of the vectors"),
    })
  );

const stage = defineLayer<PositionsLayer>()({
  name: "learnedPositions",
  config,
  formula: "y_t = x_t + weight_t",
  rank: 3,
  parameters({ steps, embeddingsInitializer }, x) {
    if (x.shape[1]! > steps) {
      throw new TypeError(
        `Cannot add positions to ${formatSpec(x)}: received ${x.shape[1]} steps, ` +
          `expected at most ${steps}`,
      );
    }
    return {
      weight: {
        shape: [steps, x.shape[2]!],
        initializer: resolveInitializer(embeddingsInitializer),
      },
    };
  },
  build({ x, weight }) {
    const [, ...sizes] = x.spec.shape;
    return ops.add(x, ops.slice(weight, { start: [0, 0], sizes }));
  },
});

/**
 * `y_t = x_t + weight_t`: adds to every step of a sequence a vector of its place that is learned.
 *
 * Shapes: `x [batch, t, features], weight [steps, features] -> [batch, t, features]`, with `t ≤ steps`
 *
 * Gradient: `∂L/∂weight_t = Σ_batch ∂L/∂y_t`, 0 beyond the sequence; `∂L/∂x = ∂L/∂y`
 *
 * Counterparts: Keras none; PyTorch `Embedding of positions`; TensorFlow.js none
 *
 * @param steps Number of vectors: the most steps of a sequence.
 * @returns A layer with the parameter `weight`.
 * @throws {TypeError} When a sequence has more steps.
 *
 * @example
 * ```ts
 * import { learnedPositions, stageOf } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(stageOf(learnedPositions(64))?.definition.formula, "y_t = x_t + weight_t");
 * ```
 *
 * Source: Gehring et al., "Convolutional sequence to sequence learning", ICML 2017,
 * https://arxiv.org/abs/1705.03122
 */
export function learnedPositions(
  steps: number,
  options: LearnedPositionsOptions = {},
): PositionsLayer {
  return stage({ ...options, steps });
}

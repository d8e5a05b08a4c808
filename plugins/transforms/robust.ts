/**
 * Scaling of features by their median and quartiles, which outliers do not move.
 *
 * @module
 */
import { z } from "zod";
import {
  defineStage,
  type Dim,
  lazySchema,
  ops,
  type Schema,
  type Tensor,
} from "../../core/mod.ts";
import { featureTensor, quantile, sortedFeatures } from "./fitting.ts";

/** Options of {@linkcode robust}. */
export interface RobustOptions {
  /** The lower quantile, from 0 to 1. Default 0.25. */
  readonly lower?: number | undefined;
  /** The upper quantile, from 0 to 1. Default 0.75. */
  readonly upper?: number | undefined;
}

/** Signature of {@linkcode robust}. */
export type Robust = <S extends readonly Dim[]>(x: Tensor<S>) => Tensor<S>;

interface RobustConfig {
  readonly lower: number;
  readonly upper: number;
}

const config: Schema<RobustOptions, RobustConfig> = lazySchema(() =>
  z.strictObject({
    lower: z.number().min(0).max(1).default(0.25).describe("The lower quantile"),
    upper: z.number().min(0).max(1).default(0.75).describe("The upper quantile"),
  }).refine(({ lower, upper }) => lower < upper, {
    path: ["upper"],
    error: "expected more than lower",
  })
);

const stage = defineStage<Robust>()({
  name: "robust",
  family: "transform",
  kind: "traced",
  config,
  formula: "y = (x - median) / (q_upper - q_lower)",
  inputs: { x: { kind: "tensor", dtypes: ["f32"] } },
  output: "tensor",
  async fit({ batches, config: { lower, upper } }) {
    const { shape, sorted } = await sortedFeatures(batches, "robust");
    const ranges = sorted.map((values) => quantile(values, upper) - quantile(values, lower));
    return {
      median: featureTensor(sorted.map((values) => quantile(values, 0.5) || 0), shape),
      range: featureTensor(ranges.map((range) => range > 0 ? range : 1), shape),
    };
  },
  build({ x }, { fitted }) {
    const row = x.spec.shape.slice(1);
    return ops.div(ops.sub(x, fitted("median", row)), fitted("range", row));
  },
});

/**
 * `y = (x - median) / (q_upper - q_lower)`, with median and quantiles of each feature in the training
 * split: a few values far out do not change how the others are scaled.
 *
 * Shapes: `x [batch, …], median […], range […] -> [batch, …]`
 *
 * Gradient: `∂L/∂x = ∂L/∂y / (q_upper - q_lower)`
 *
 * Numerics: quantiles between two values are in proportion. Of more than 100,000 rows, as many are
 * looked at, chosen by chance, always the same. Where the quantiles are equal, they are taken to
 * differ by 1. Missing values (NaN) are passed over when fitting, and stay.
 *
 * Differs: the same as scikit-learn's `RobustScaler` up to that number of rows.
 *
 * Counterparts: Keras none; PyTorch none; TensorFlow.js none
 *
 * @returns A transform that is fitted.
 *
 * @example
 * ```ts
 * import { arrays, robust } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const incomes = arrays({ x: [[20], [30], [40], [50], [10_000]] });
 * const scaled = robust()(incomes.x); // -1, -0.5, 0, 0.5, 498
 * assertEquals(scaled.stage.definition.name, "robust");
 * ```
 */
export function robust(options: RobustOptions = {}): Robust {
  return stage(options);
}

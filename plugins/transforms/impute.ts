/**
 * Filling in values that are missing.
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
import { eachFeature, featureTensor, quantile, sortedFeatures } from "./fitting.ts";

/** Options of {@linkcode impute}. */
export interface ImputeOptions {
  /** What is filled in: of the training values of the feature, or a constant. Default `"mean"`. */
  readonly strategy?: "mean" | "median" | "mostFrequent" | "constant" | undefined;
  /** The constant, and what a feature without any value is filled with. Default 0. */
  readonly value?: number | undefined;
  /** Whether a column is added for each feature: 1 where the value was missing. Default false. */
  readonly indicator?: boolean | undefined;
}

/** Signature of {@linkcode impute}: with an indicator there are twice as many columns. */
export type Impute<I extends boolean> = I extends true
  ? <B extends Dim, F extends Dim>(x: Tensor<readonly [B, F]>) => Tensor<readonly [B, number]>
  : <S extends readonly Dim[]>(x: Tensor<S>) => Tensor<S>;

interface ImputeConfig {
  readonly strategy: "mean" | "median" | "mostFrequent" | "constant";
  readonly value: number;
  readonly indicator: boolean;
}

const config: Schema<ImputeOptions, ImputeConfig> = lazySchema(() =>
  z.strictObject({
    strategy: z.enum(["mean", "median", "mostFrequent", "constant"]).default("mean").describe(
      "What is filled in",
    ),
    value: z.number().default(0).describe(
      "The constant, and what a feature without any value is filled with",
    ),
    indicator: z.boolean().default(false).describe(
      "Whether a column is added for each feature: 1 where the value was missing",
    ),
  })
);

const stage = defineStage<Impute<false>>()({
  name: "impute",
  family: "transform",
  kind: "traced",
  config,
  formula: "y = x where it is known, else fill",
  inputs: { x: { kind: "tensor", dtypes: ["f32"] } },
  output: "tensor",
  async fit({ batches, config: { strategy, value } }) {
    if (strategy === "mean") {
      const { gathered: { sums, counts }, shape } = await eachFeature(batches, {
        name: "impute",
        begin: (features) => ({
          sums: new Float64Array(features),
          counts: new Float64Array(features),
        }),
        add({ sums, counts }, values, first) {
          for (let i = 0; i < sums.length; i++) {
            const known = values[first + i]!;
            if (Number.isNaN(known)) continue;
            sums[i]! += known;
            counts[i]!++;
          }
        },
      });
      const means = sums.map((sum, i) => counts[i] === 0 ? value : sum / counts[i]!);
      return { fill: featureTensor(means, shape) };
    }
    const { shape, sorted } = await sortedFeatures(batches, "impute");
    const fills = sorted.map((values) => {
      if (values.length === 0 || strategy === "constant") return value;
      return strategy === "median" ? quantile(values, 0.5) : mostFrequent(values);
    });
    return { fill: featureTensor(fills, shape) };
  },
  build({ x }, { config: { indicator }, fitted, columnsOf, nameColumns }) {
    const isKnown = ops.equal(x, x);
    const filled = ops.where(isKnown, x, fitted("fill", x.spec.shape.slice(1)));
    if (!indicator) return filled;
    const names = columnsOf(x);
    nameColumns(names && [...names, ...names.map((name) => `${name}_missing`)]);
    const isMissing = ops.sub(1, ops.cast(isKnown, "f32"));
    return ops.concatenate([filled, isMissing], { axis: -1 });
  },
});

/** The value that is there most often; of several, the least. */
function mostFrequent(sorted: Float32Array): number {
  let [best, most] = [sorted[0]!, 0];
  for (let i = 0; i < sorted.length;) {
    let end = i;
    while (end < sorted.length && sorted[end] === sorted[i]) end++;
    if (end - i > most) [best, most] = [sorted[i]!, end - i];
    i = end;
  }
  return best;
}

/**
 * `y = x`, and where a value is missing (NaN) the mean, median or most frequent value of the feature in
 * the training split, or a constant.
 *
 * Shapes: `x [batch, …], fill […] -> [batch, …]`; with an indicator
 * `[batch, features] -> [batch, 2 · features]`, the indicators last
 *
 * Gradient: `∂L/∂x = ∂L/∂y` where x is known, else 0
 *
 * Numerics: median and most frequent value are of at most 100,000 rows, as in `robust()`.
 *
 * Differs: as scikit-learn's `SimpleImputer`, which leaves out features without any value; its
 * indicators are of those features alone that miss a value in the training split.
 *
 * Counterparts: Keras none; PyTorch none; TensorFlow.js none
 *
 * @returns A transform that is fitted.
 *
 * @example
 * ```ts
 * import { arrays, impute, standardize } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const table = arrays({ x: [[1, 10], [3, 30]] });
 * const features = standardize()(impute({ strategy: "median" })(table.x));
 * assertEquals(features.stage.definition.name, "standardize");
 * ```
 */
export function impute<const O extends ImputeOptions = Record<never, never>>(
  options?: O,
): Impute<O extends { readonly indicator: true } ? true : false> {
  return stage(options ?? {}) as Impute<O extends { readonly indicator: true } ? true : false>;
}

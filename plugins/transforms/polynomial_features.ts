/**
 * Products of features, so that a linear model is one of curves.
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
  type Value,
} from "../../core/mod.ts";

/** Options of {@linkcode polynomialFeatures}. */
export interface PolynomialFeaturesOptions {
  /** The most factors of a product. Default 2. */
  readonly degree?: number | undefined;
  /** Whether no feature is a factor twice. Default false. */
  readonly interactionOnly?: boolean | undefined;
}

/** Signature of {@linkcode polynomialFeatures}. */
export type PolynomialFeatures = <B extends Dim, I extends Dim>(
  x: Tensor<readonly [B, I]>,
) => Tensor<readonly [B, number]>;

interface PolynomialFeaturesConfig {
  readonly degree: number;
  readonly interactionOnly: boolean;
}

const config: Schema<PolynomialFeaturesOptions, PolynomialFeaturesConfig> = lazySchema(() =>
  z.strictObject({
    degree: z.int().min(1).max(6).default(2).describe("The most factors of a product"),
    interactionOnly: z.boolean().default(false).describe("Whether no feature is a factor twice"),
  })
);

const stage = defineStage<PolynomialFeatures>()({
  name: "polynomialFeatures",
  family: "transform",
  kind: "traced",
  config,
  formula: "y = (x_i, x_i · x_j, …)",
  inputs: { x: { kind: "tensor", dtypes: ["f32"], rank: 2 } },
  output: "tensor",
  build({ x }, { config: { degree, interactionOnly }, columnsOf, nameColumns }) {
    const features = x.spec.shape[1]!;
    const terms = [x];
    // the products of the degree before, and where those begin whose first factor is feature i
    let block: Value = x;
    let begins = Array.from({ length: features + 1 }, (_, i) => i);
    // the features that are the factors of each term, in the same order
    const factors = begins.slice(0, features).map((i) => [i]);
    let last: readonly (readonly number[])[] = factors.slice();
    for (let d = 2; d <= degree; d++) {
      const products: Value[] = [];
      const next: number[] = [];
      const longer: number[][] = [];
      let size = 0;
      for (let i = 0; i < features; i++) {
        next.push(size);
        const begin = begins[interactionOnly ? i + 1 : i]!;
        const end = begins[features]!;
        if (begin === end) continue;
        products.push(ops.mul(columns(x, i, i + 1), columns(block, begin, end)));
        size += end - begin;
        longer.push(...last.slice(begin, end).map((term) => [i, ...term]));
      }
      next.push(size);
      if (products.length === 0) break;
      block = products.length === 1 ? products[0]! : ops.concatenate(products, { axis: 1 });
      begins = next;
      terms.push(block);
      last = longer;
      factors.push(...longer);
    }
    const names = columnsOf(x);
    nameColumns(names && factors.map((term) => termName(term.map((i) => names[i]!))));
    return terms.length === 1 ? x : ops.concatenate(terms, { axis: 1 });
  },
});

/** `a^2 b` of the factors a, a, b. */
function termName(factors: readonly string[]): string {
  return [...Map.groupBy(factors, (name) => name)].map(([name, { length }]) =>
    length === 1 ? name : `${name}^${length}`
  ).join(" ");
}

/** The columns from `begin` to before `end`. */
function columns(x: Value, begin: number, end: number): Value {
  return ops.slice(x, { start: [0, begin], sizes: [x.spec.shape[0]!, end - begin] });
}

/**
 * `y = (x_i, x_i · x_j, x_i · x_j · x_k, …)` with `i ≤ j ≤ k`: the features, then their products of two
 * factors, of three, up to the degree.
 *
 * Shapes: `x [batch, n] -> [batch, C(n + degree, degree) - 1]`; with `interactionOnly`, where `i < j < k`,
 * `C(n, 1) + … + C(n, degree)` columns
 *
 * Gradient: the sum over the products that a feature is a factor of
 *
 * Differs: the order is that of scikit-learn's `PolynomialFeatures(include_bias=False)`; the constant
 * is left to the layer's bias.
 *
 * Counterparts: Keras none; PyTorch none; TensorFlow.js none
 *
 * @returns A transform without parameters.
 *
 * @example
 * ```ts
 * import { arrays, polynomialFeatures } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const table = arrays({ x: [[2, 3]] });
 * const features = polynomialFeatures()(table.x); // 2, 3, 4, 6, 9
 * assertEquals(features.stage.definition.name, "polynomialFeatures");
 * ```
 */
export function polynomialFeatures(options: PolynomialFeaturesOptions = {}): PolynomialFeatures {
  return stage(options);
}

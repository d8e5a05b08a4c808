/**
 * Numbers as the bins that they fall into, each with as many training values.
 *
 * @module
 */
import { z } from "zod";
import {
  defineStage,
  type Dim,
  hostTensor,
  lazySchema,
  ops,
  type Schema,
  type Tensor,
  type Value,
} from "../../core/mod.ts";
import { quantile, sortedFeatures } from "./fitting.ts";

/** Options of {@linkcode quantileBins}. */
export interface QuantileBinsOptions {
  /** The bin's number, or 1 in the column of the bin and 0 elsewhere. Default `"ordinal"`. */
  readonly encode?: "ordinal" | "oneHot" | undefined;
}

/** Signature of {@linkcode quantileBins}. */
export type QuantileBins = <B extends Dim, I extends Dim>(
  x: Tensor<readonly [B, I]>,
) => Tensor<readonly [B, number]>;

interface QuantileBinsConfig {
  readonly bins: number;
  readonly encode: "ordinal" | "oneHot";
}

const config: Schema<QuantileBinsOptions & { readonly bins: number }, QuantileBinsConfig> =
  lazySchema(() =>
    z
      .strictObject({
        bins: z.int().min(2).describe("Number of bins of each feature"),
        encode: z.enum(["ordinal", "oneHot"]).default("ordinal").describe(
          "The bin's number, or a column for each bin",
        ),
      })
  );

const stage = defineStage<QuantileBins>()({
  name: "quantileBins",
  family: "transform",
  kind: "traced",
  config,
  formula: "y = Σ_k [edge_k ≤ x]",
  inputs: { x: { kind: "tensor", dtypes: ["f32"], rank: 2 } },
  output: "tensor",
  async fit({ batches, config: { bins } }) {
    const { shape, sorted } = await sortedFeatures(batches, "quantileBins");
    const edges = sorted.flatMap((values) =>
      Array.from({ length: bins - 1 }, (_, k) => quantile(values, (k + 1) / bins))
    );
    return { edges: hostTensor(Float32Array.from(edges), { shape: [...shape, bins - 1] }) };
  },
  build({ x }, { config: { bins, encode }, fitted, columnsOf, nameColumns }) {
    const [batch, features] = x.spec.shape as [number, number];
    const edges = fitted("edges", [features, bins - 1]);
    const isAbove = ops.lessEqual(edges, ops.expandDims(x, [2]));
    const bin = ops.reduceSum(ops.cast(isAbove, "f32"), { axes: [2] });
    if (encode === "oneHot") {
      const numbers = Array.from({ length: bins }, (_, number) => number);
      nameColumns(
        columnsOf(x)?.flatMap((name) => numbers.map((number) => `${name}_${number}`)),
      );
    }
    return encode === "ordinal" ? bin : binColumns(bin, [batch, features, bins]);
  },
});

/** A column for each bin of each feature. */
function binColumns(bin: Value, [batch, features, bins]: readonly [number, number, number]): Value {
  const numbers = ops.iota(bin.builder, { shape: [bins], axis: 0, dtype: "i32" });
  const isBin = ops.equal(ops.expandDims(bin, [2]), ops.cast(numbers, "f32"));
  return ops.reshape(ops.cast(isBin, "f32"), [batch, features * bins]);
}

/**
 * `y = Σ_k [edge_k ≤ x]`: the number of the bin that each value falls into, from 0, where the edges
 * divide the training values of a feature into bins of as many. What a model then learns for a bin need
 * not lie on a line.
 *
 * Shapes: `x [batch, features], edges [features, bins - 1] -> [batch, features]`, or
 * `[batch, features · bins]` with `encode: "oneHot"`, the bins of a feature beside each other
 *
 * Gradient: none
 *
 * Numerics: quantiles as in `robust()`. Values beyond the outer edges are in the outer bins; NaN is in
 * bin 0.
 *
 * Differs: as scikit-learn's `KBinsDiscretizer(strategy="quantile", quantile_method="linear")`, which
 * joins bins whose edges are equal; here they stay, empty.
 *
 * Counterparts: Keras `Discretization`; PyTorch none; TensorFlow.js none
 *
 * @returns A transform that is fitted.
 *
 * @example
 * ```ts
 * import { arrays, quantileBins } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const ages = arrays({ age: [[5], [15], [35], [80]] });
 * const groups = quantileBins(4, { encode: "oneHot" })(ages.age); // f32[batch, 4]
 * assertEquals(groups.stage.definition.name, "quantileBins");
 * ```
 */
export function quantileBins(bins: number, options: QuantileBinsOptions = {}): QuantileBins {
  return stage({ ...options, bins });
}

/**
 * What mixings of examples have in common: each row of a batch meets another, and targets are mixed as the
 * examples are. Which rows meet, and in what proportion, is drawn in a stage of its own, which both read.
 *
 * @module
 */
import { z } from "zod";
import {
  type AnyTensor,
  type BuildContext,
  defineStage,
  type Dim,
  formatSpec,
  lazySchema,
  ops,
  type Schema,
  type Tensor,
  type Value,
} from "../../core/mod.ts";

/** Examples and their targets, as `oneHot()` gives them, or as probabilities. */
export interface MixInputs<S extends readonly Dim[], T extends readonly Dim[]> {
  /** The examples. */
  readonly x: Tensor<S>;
  /** What each of them is: a row for each example. */
  readonly targets: Tensor<T>;
}

/** Configuration of a mixing. */
export interface MixConfig {
  readonly alpha: number;
}

/** The schema of a mixing: proportions are of Beta(alpha, alpha). */
export const mixConfig: Schema<MixConfig, MixConfig> = lazySchema(() =>
  z.strictObject({
    alpha: z.number().min(0.01).max(100).describe(
      "How even mixtures are: near 0 one of two examples prevails, 1 makes all proportions alike",
    ),
  })
);

/**
 * For each row the number of another, so that every row is met once: the order of uniform numbers,
 * `[batch, 1]`.
 */
export function partnersOf(x: Value, context: BuildContext<unknown>): Value {
  const batch = x.spec.shape[0]!;
  const numbers = context.random([batch]);
  const row = (axis: number) => ops.iota(x.builder, { shape: [batch, batch], axis, dtype: "f32" });
  const own = ops.reshape(numbers, [batch, 1]);
  const other = ops.reshape(numbers, [1, batch]);
  // of equal numbers the first comes first
  const isBefore = ops.where(ops.equal(other, own), ops.less(row(1), row(0)), ops.less(other, own));
  return ops.reduceSum(isBefore, { axes: [1], keepDims: true });
}

/** What a mixing drew: a column of it as `[batch, 1, …]`, with as many axes as x. */
export function drawn(draws: Value, column: number, x: Value): Value {
  const [batch] = draws.spec.shape as [number, number];
  const rank = x.spec.shape.length;
  return ops.reshape(
    ops.slice(draws, { start: [0, column], sizes: [batch, 1] }),
    [batch, ...new Array<number>(rank - 1).fill(1)],
  );
}

/** The rows that each row meets. */
export function partnerRows(x: Value, draws: Value): Value {
  const [batch] = draws.spec.shape as [number, number];
  if (x.spec.shape[0] !== batch) {
    throw new TypeError(
      `Cannot mix rows: received ${
        formatSpec(x.spec)
      }, expected ${batch} rows, as there are examples`,
    );
  }
  const numbers = ops.cast(drawn(draws, 0, draws), "i32");
  return ops.gather(x, ops.reshape(numbers, [batch]), { fillValue: 0 });
}

/** Mixes rows of anything in the proportions that were drawn; for use, leaves them as they are. */
const mixedRows = defineStage<
  (inputs: { readonly x: AnyTensor; readonly draws: AnyTensor }) => AnyTensor
>()({
  name: "mixedRows",
  family: "transform",
  kind: "traced",
  config: lazySchema(() => z.strictObject({})),
  formula: "y = λ · x + (1 - λ) · x[partner]",
  inputs: {
    x: { kind: "tensor", dtypes: ["f32"] },
    draws: { kind: "tensor", dtypes: ["f32"], rank: 2 },
  },
  output: "tensor",
  build({ x, draws }) {
    const partners = partnerRows(x, draws);
    return ops.add(partners, ops.mul(ops.sub(x, partners), drawn(draws, 1, x)));
  },
  buildInference: ({ x }) => x,
});

/** Mixes rows in the proportions that were drawn. */
export function mixRows<S extends readonly Dim[]>(x: Tensor<S>, draws: AnyTensor): Tensor<S> {
  return mixedRows({})({ x, draws }) as Tensor<S>;
}

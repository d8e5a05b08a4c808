/**
 * What layers that merge several tensors of one shape have in common.
 *
 * @module
 */
import { z } from "zod";
import {
  type AnyTensor,
  defineStage,
  type Dim,
  formatAmount,
  formatSpec,
  lazySchema,
  type Matching,
  sameSpec,
  type Schema,
  type Tensor,
  type Value,
} from "../../core/mod.ts";

/** Signature of a layer that merges two or more tensors of one shape into one of that shape. */
export type MergingLayer = <S extends readonly Dim[]>(
  x: readonly [Tensor<S>, Matching<S>, ...Matching<S>[]],
) => Tensor<S>;

/** Signature of a layer that merges two tensors of one shape. */
export type PairMergingLayer = <S extends readonly Dim[]>(
  x: readonly [Tensor<S>, Matching<S>],
) => Tensor<S>;

type NoOptions = Readonly<Record<never, never>>;

const config: Schema<NoOptions, NoOptions> = lazySchema(() => z.strictObject({}));

/** Defines a layer that merges tensors of one shape, place by place. */
export function defineMergingLayer<Call extends (x: readonly [AnyTensor, AnyTensor]) => AnyTensor>(
  { name, formula, most = Infinity, merge }: {
    readonly name: string;
    readonly formula: string;
    /** Number of tensors that it takes at most. */
    readonly most?: number;
    /** The result, from values of one shape. */
    readonly merge: (x: readonly Value[]) => Value;
  },
): () => Call {
  const stage = defineStage<Call>()({
    name,
    family: "layer",
    kind: "traced",
    config,
    formula,
    inputs: { x: { kind: "tensor", dtypes: ["f32"], variadic: true } },
    output: "tensor",
    build({ x }) {
      requireOneShape(name, x, most);
      return merge(x);
    },
  });
  return () => stage({});
}

/**
 * Demands values of one shape: what is merged is never broadcast.
 *
 * @throws {TypeError} When shapes differ, or there are too few or too many values.
 */
function requireOneShape(name: string, x: readonly Value[], most: number): void {
  if (x.length < 2 || x.length > most) {
    throw new TypeError(
      `Cannot compute "${name}": received ${formatAmount(x.length, "tensor")}, expected 2` +
        (most === Infinity ? " or more" : ""),
    );
  }
  for (const [i, { spec }] of x.entries()) {
    if (sameSpec(spec, x[0]!.spec)) continue;
    throw new TypeError(
      `Cannot compute "${name}": x${i + 1} is ${formatSpec(spec)}, ` +
        `expected ${formatSpec(x[0]!.spec)} as x1`,
    );
  }
}

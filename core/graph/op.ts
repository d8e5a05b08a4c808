/**
 * What a graph must know of an op. One object answers everything about an op: its shape rule, its
 * gradient, its definition. No phase and no device knows an op by name; they read the traits here.
 *
 * The contract is explained, with the helpers that make one, in `core/ops/define_op.ts`.
 *
 * @module
 */
import type { Shape, TensorSpec } from "../tensor/mod.ts";
import type { Node, Value } from "./types.ts";
import type { Scalar } from "./scalar.ts";
import type { View } from "./view.ts";

/** What the reverse walk hands to an op's gradient rule. */
export interface VjpContext<P> {
  /** The values the op read. */
  readonly inputs: readonly Value[];
  /** The value the op gave. */
  readonly output: Value;
  /** Gradient of the loss by the output; the same shape as the output. */
  readonly cotangent: Value;
  /** The op's own parameters. */
  readonly params: P;
}

/**
 * Gradient of the loss by each input, written with other ops; `null` where an input has none (as
 * labels). A result may be larger than its input where the input was broadcast: the walk sums it.
 */
export type Vjp<P> = {
  // typed as a method, so that an op with any params is an `Op` and lists of ops need no casts
  vjp(context: VjpContext<P>): readonly (Value | null)[];
}["vjp"];

/** One result of an op among several that are added: what it was applied to, and how. */
export type Term = Pick<Node, "inputs" | "params">;

/** What every op answers. */
export interface OpBase<P> {
  /** Name, unique among the ops of a graph, in camel case. */
  readonly name: string;
  /** The only shape rule. Throws `TypeError` or `RangeError` on what does not fit. */
  infer(inputs: readonly TensorSpec[], params: P): TensorSpec;
  /** Gradient rule, or `"none"` for an op that no gradient passes. */
  readonly vjp: Vjp<P> | "none";
  /**
   * The sum of several results of this op, all of one shape, as one value: where that is less work than
   * to add them up, as tensors side by side are where paddings of them are added; else `null`. The
   * reverse walk asks for it, where a value was used many times.
   */
  total?(terms: readonly Term[]): Value | null;
  /** The op as mathematics, inputs by name; elementwise ops are rendered from their formula without it. */
  format?(inputs: readonly string[], params: P): string;
  /** What the op's name stands for in a formula, where that is no common function: `"relu(x) = max(x, 0)"`. */
  readonly definition?: string;
}

/**
 * Every element of the output is one expression of the elements at the same place of the inputs.
 * Inputs broadcast. An op without inputs is a generator: its formula reads `position` or `index`.
 */
export interface ElementwiseOp<P = unknown> extends OpBase<P> {
  /** The trait: computed place by place, so that neighbours may share one kernel. */
  readonly kind: "elementwise";
  /** The expression of one element. */
  formula(inputs: readonly Scalar[], params: P): Scalar;
}

/** How a reduction combines elements. */
export type ReduceOperator = "add" | "mul" | "max" | "min";

/** One input is combined along axes, which stay in the output with size 1. */
export interface ReductionOp<P = unknown> extends OpBase<P> {
  /** The trait: one number for many places, combined in a fixed order. */
  readonly kind: "reduction";
  /** How elements are combined. */
  readonly operator: ReduceOperator;
  /** The axes combined, ascending. */
  axes(input: TensorSpec, params: P): readonly number[];
}

/** The output is another view of the one input's elements; nothing is computed. */
export interface MovementOp<P = unknown> extends OpBase<P> {
  /** The trait: the same elements, walked in another way. */
  readonly kind: "movement";
  /** The output as a view of the input's buffer, or `null` when the input must be copied first. */
  view(input: View, params: P): View | null;
}

/** What the float64 reference hands to an op that defines itself by loops. */
export interface ReferenceContext<P> {
  /** Inputs, row-major, in float64. */
  readonly inputs: readonly { readonly shape: Shape; readonly data: Float64Array }[];
  /** Where the result goes, row-major. */
  readonly output: { readonly shape: Shape; readonly data: Float64Array };
  /** The op's own parameters. */
  readonly params: P;
}

/** Sums of products of two inputs: the ops that fill a machine. Devices have kernels for them. */
export interface ContractionOp<P = unknown> extends OpBase<P> {
  /** The trait: many products for each element, so that its loops are its own. */
  readonly kind: "contraction";
  /** The definition: plain float64 loops. */
  reference(context: ReferenceContext<P>): void;
  /** Floating-point operations, a multiply and an add counted as two. */
  flops(inputs: readonly TensorSpec[], params: P): number;
}

/** An op that is none of the other kinds. A device has a kernel for it, or it decomposes. */
export interface OpaqueOp<P = unknown> extends OpBase<P> {
  /** The trait: a kernel of its own, or smaller ops. */
  readonly kind: "opaque";
  /** The definition: plain float64 loops. */
  reference(context: ReferenceContext<P>): void;
  /** The same in smaller ops, for a device without a kernel. */
  decompose?(inputs: readonly Value[], params: P): Value;
  /**
   * The trait of an op that only puts its inputs one behind the other: along which axis. Where they lie
   * so in memory, there is nothing to do.
   */
  joins?(params: P): number;
}

/**
 * An op that stands for a transformation of the graph and is gone after it: no device sees one.
 * `differentiate` replaces gradients.
 */
export interface SymbolicOp<P = unknown> extends OpBase<P> {
  /** The trait: replaced before planning. */
  readonly kind: "symbolic";
}

/** Any op. */
export type Op<P = unknown> =
  | ElementwiseOp<P>
  | ReductionOp<P>
  | MovementOp<P>
  | ContractionOp<P>
  | OpaqueOp<P>
  | SymbolicOp<P>;

/**
 * Clusters: kernels in the making, whose parts are still values of the graph.
 *
 * @module
 */
import type { Shape, TensorSpec } from "../tensor/mod.ts";
import {
  type Node,
  type Op,
  type ReduceOperator,
  type Scalar,
  scalar,
  type Value,
} from "../graph/mod.ts";
import type { Load } from "./views.ts";

/** The anchor of a cluster. */
export type ClusterAnchor =
  | {
    readonly kind: "reduce";
    readonly operator: ReduceOperator;
    readonly shape: Shape;
    readonly axes: readonly number[];
    readonly loads: readonly Load[];
    readonly body: Scalar;
  }
  | {
    readonly kind: "op";
    readonly op: Op;
    readonly params: unknown;
    readonly operands: readonly Value[];
    readonly specs: readonly TensorSpec[];
    readonly output: TensorSpec;
    readonly flops: number;
  };

/** One kernel in the making. */
export interface Cluster {
  /** Place in the order. A cluster loads only from clusters before it. */
  readonly index: number;
  readonly shape: Shape;
  readonly anchor: ClusterAnchor | null;
  readonly loads: Load[];
  /** Values computed here, as expressions over the loads and the anchor. */
  readonly members: Map<Value, Scalar>;
  /** Ops in it, in order, for people. */
  readonly ops: string[];
  readonly nodes: Node[];
}

/** A kernel with the values that it must leave in memory. */
export interface FusedKernel {
  readonly cluster: Cluster;
  readonly loads: readonly Load[];
  readonly results: readonly { readonly value: Value; readonly expression: Scalar }[];
}

/** The loads that expressions use, renumbered. */
export function compactLoads(
  loads: readonly Load[],
  expressions: readonly Scalar[],
): { loads: Load[]; expressions: Scalar[] } {
  const used: Load[] = [];
  const numbers = new Map<number, number>();
  const memo = new Map<Scalar, Scalar>();
  const renumbered = expressions.map((expression) =>
    scalar.substitute(expression, (leaf) => {
      if (leaf.kind !== "load") return leaf;
      if (!numbers.has(leaf.operand)) {
        numbers.set(leaf.operand, used.push(loads[leaf.operand]!) - 1);
      }
      return scalar.load(numbers.get(leaf.operand)!, leaf.type);
    }, memo)
  );
  return { loads: used, expressions: renumbered };
}

/** Values that an anchor reads. */
export function anchorBases({ anchor }: Cluster): readonly Value[] {
  if (anchor === null) return [];
  return anchor.kind === "op" ? anchor.operands : anchor.loads.map((load) => load.base);
}

/** Puts operands in the place of loads, and axes in the place of axes; an axis of size 1 is at 0. */
export function replaceLeaves(
  operands: readonly Scalar[],
  axes: readonly (number | undefined)[],
): (leaf: Scalar) => Scalar {
  return (leaf) => {
    if (leaf.kind === "load") return operands[leaf.operand]!;
    if (leaf.kind !== "index") return leaf;
    const axis = axes[leaf.axis];
    return axis === undefined ? scalar.constant(0, "u32") : scalar.index(axis);
  };
}

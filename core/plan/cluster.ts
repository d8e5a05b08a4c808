/**
 * Clusters: kernels in the making, whose parts are still values of the graph.
 *
 * @module
 */
import { type DType, type Shape, sizeOf, type TensorSpec } from "../tensor/mod.ts";
import {
  type Node,
  type Op,
  type ReduceOperator,
  type Scalar,
  scalar,
  type Value,
  type View,
} from "../graph/mod.ts";
import type { Formula } from "./formula.ts";
import { type Load, sameView } from "./views.ts";

/** What an op with loops of its own computes an input by as it reads it. */
export interface OperandFormula extends Formula {
  readonly dtype: DType;
}

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
    readonly operands: readonly (Load | OperandFormula)[];
    readonly output: TensorSpec;
    readonly flops: number;
  };

/** One kernel in the making. */
export interface Cluster {
  /** Place in the order. A cluster loads only from clusters before it. */
  readonly index: number;
  shape: Shape;
  anchor: ClusterAnchor | null;
  readonly loads: Load[];
  /** Values computed here, as expressions over the loads and the anchor. */
  readonly members: Map<Value, Scalar>;
  /** How its members came here, in order, for people. */
  readonly steps: Step[];
}

/** The application of an op by a cluster. */
export interface Step {
  readonly value: Value;
  /** Name of the op, or `"copy"`. */
  readonly name: string;
  readonly node: Node | undefined;
}

/** A kernel with the values that it must leave in memory. */
export interface FusedKernel {
  readonly cluster: Cluster;
  readonly loads: readonly Load[];
  readonly results: readonly FusedResult[];
  /** What it does, in order, for people. */
  readonly steps: readonly Step[];
}

/** A value that a kernel leaves in memory, or a block of it. */
export interface FusedResult {
  readonly value: Value;
  readonly expression: Scalar;
  /** The places of the value that are written, over the cluster's shape; all of them if absent. */
  readonly block?: View;
}

/** The loads that expressions use, renumbered. */
export function compactLoads(
  loads: readonly Load[],
  expressions: readonly Scalar[],
): { readonly loads: readonly Load[]; readonly expressions: readonly Scalar[] } {
  const operands = operandsIn(expressions);
  // a list of its own: that of a cluster changes while the cluster grows
  if (operands.size === loads.length) return { loads: [...loads], expressions };
  const used: Load[] = [];
  const numbers = new Map<number, number>();
  for (const operand of operands) numbers.set(operand, used.push(loads[operand]!) - 1);
  const memo = new Map<Scalar, Scalar>();
  const renumbered = expressions.map((expression) =>
    scalar.substitute(
      expression,
      (leaf) => leaf.kind === "load" ? scalar.load(numbers.get(leaf.operand)!, leaf.type) : leaf,
      memo,
    )
  );
  return { loads: used, expressions: renumbered };
}

/** The number of a load in a list, into which it is put when it is new. */
export function operandOf(loads: Load[], load: Load): number {
  const at = loads.findIndex((known) =>
    known.base === load.base && sameView(known.view, load.view)
  );
  return at >= 0 ? at : loads.push(load) - 1;
}

/** What an anchor reads. */
export function anchorLoads({ anchor }: Cluster): readonly Load[] {
  if (anchor === null) return [];
  return anchor.kind === "op" ? anchor.operands.flatMap(operandLoads) : anchor.loads;
}

/** What an operand reads. */
export function operandLoads(operand: Load | OperandFormula): readonly Load[] {
  return "base" in operand ? [operand] : operand.loads;
}

/** A cluster that is needed, and what it must leave in memory. */
export interface NeededCluster {
  readonly cluster: Cluster;
  readonly results: readonly Value[];
  /** What the results load, and what the anchor reads. */
  readonly bases: ReadonlySet<Value>;
}

/** The clusters that what is to be stored needs. */
export function neededOf(
  clusters: readonly Cluster[],
  stored: Iterable<Value>,
): NeededCluster[] {
  const demanded = new Set(stored);
  const needed: NeededCluster[] = [];
  for (const cluster of clusters.toReversed()) {
    const { members, loads } = cluster;
    const results = [...members.keys()].filter((value) => demanded.has(value));
    if (results.length === 0) continue;
    const bases = new Set(anchorLoads(cluster).map(({ base }) => base));
    for (const operand of operandsIn(results.map((value) => members.get(value)!))) {
      bases.add(loads[operand]!.base);
    }
    for (const base of bases) demanded.add(base);
    needed.push({ cluster, results, bases });
  }
  return needed.reverse();
}

/** Numbers of the loads that expressions read. */
function operandsIn(expressions: readonly Scalar[]): ReadonlySet<number> {
  const operands = new Set<number>();
  const seen = new Set<Scalar>();
  const visit = (part: Scalar): void => {
    if (seen.has(part)) return;
    seen.add(part);
    if (part.kind === "load") operands.add(part.operand);
    else for (const inner of scalar.partsOf(part)) visit(inner);
  };
  for (const expression of expressions) visit(expression);
  return operands;
}

/** Elements of a value. */
export function lengthOf(value: Value): number {
  return sizeOf(value.spec.shape);
}

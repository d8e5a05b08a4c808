/**
 * The clusters of a graph while they grow: which of them a formula may join, and what moves where so
 * that it can. A cluster depends only on clusters before it.
 *
 * @module
 */
import { type Shape, sizeOf } from "../tensor/mod.ts";
import { type Node, type Scalar, scalar, type Simplifier, type Value } from "../graph/mod.ts";
import { anchorBases, type Cluster, type ClusterAnchor, operandOf } from "./cluster.ts";
import { type Formula, refineShapes, reshapeFormula } from "./formula.ts";
import { isWhole, type Load, rowMajorView } from "./views.ts";

/** How expressions are made: simplified, or as they are. */
export type Rules = Pick<Simplifier, "simplify" | "substitute">;

/** Clusters in order, with where each value is computed. */
export class Clusters {
  readonly #all: (Cluster | undefined)[] = [];
  /** The cluster that computes a value. */
  readonly #homes = new Map<Value, Cluster>();

  constructor(
    readonly rules: Rules,
    /** Values whose kernels nothing joins. */
    readonly sealed: ReadonlySet<Value>,
  ) {}

  /** The clusters so far; those that moved into others are gone. */
  get all(): Cluster[] {
    return this.#all.filter((cluster) => cluster !== undefined);
  }

  /** The cluster that computes a value. */
  homeOf(value: Value): Cluster | undefined {
    return this.#homes.get(value);
  }

  /** Begins a cluster after all others. */
  open(shape: Shape, anchor: ClusterAnchor | null): Cluster {
    const cluster: Cluster = {
      index: this.#all.length,
      shape,
      anchor,
      loads: [],
      members: new Map(),
      steps: [],
    };
    this.#all.push(cluster);
    return cluster;
  }

  /** Lets a cluster compute a value. */
  settle(
    cluster: Cluster,
    value: Value,
    { expression, name, node }: {
      readonly expression: Scalar;
      readonly name: string;
      readonly node: Node | undefined;
    },
  ): void {
    cluster.members.set(value, expression);
    cluster.steps.push({ value, name, node });
    this.#homes.set(value, cluster);
  }

  /** A value that a cluster computes by an expression already. */
  memberLike({ members, shape }: Cluster, expression: Scalar): Load | undefined {
    for (const [base, known] of members) {
      if (known === expression) return { base, view: rowMajorView(shape) };
    }
    return undefined;
  }

  /** The cluster that a formula joins, or `undefined` when it needs one of its own. */
  host(formula: Formula): Cluster | undefined {
    const homes = () =>
      [...new Set(formula.loads.flatMap((load) => this.#homes.get(load.base) ?? []))]
        .sort((a, b) => b.index - a.index);
    let [last, next] = homes();
    while (last !== undefined && next !== undefined) {
      const both = this.#mayJoin(last, formula) && this.#mayJoin(next, formula);
      if (!both) break;
      if (this.#mayMoveBack(last, next) && this.#move(last, next)) [last, next] = homes();
      else if (this.#mayMoveOn(next, last) && this.#move(next, last)) [last, next] = homes();
      else break;
    }
    return last !== undefined && this.#mayJoin(last, formula) ? last : undefined;
  }

  /** Whether all that a formula reads from a cluster is read at its places, which both can have. */
  #mayJoin(cluster: Cluster, formula: Formula): boolean {
    const { loads, shape } = formula;
    if (sizeOf(cluster.shape) !== sizeOf(shape)) return false;
    return loads.every((load) => this.#homes.get(load.base) !== cluster || this.#isJoint(load)) &&
      placesFor(cluster, formula) !== null;
  }

  /** Whether a load reads all of a value in order, and may do so where the value is computed. */
  #isJoint(load: Load): boolean {
    return isWhole(load) && !this.sealed.has(load.base);
  }

  /** Whether a cluster without anchor may move into an earlier one: it stands on nothing later. */
  #mayMoveBack(late: Cluster, early: Cluster): boolean {
    return late.anchor === null && late.loads.every((load) => {
      const home = this.#homes.get(load.base);
      return home === undefined || home.index < early.index ||
        (home === early && this.#isJoint(load));
    });
  }

  /** Whether a cluster without anchor may move into a later one: nothing between them stands on it. */
  #mayMoveOn(early: Cluster, late: Cluster): boolean {
    if (early.anchor !== null || anchorBases(late).some((base) => early.members.has(base))) {
      return false;
    }
    const between = this.#all.slice(early.index + 1, late.index);
    return between.every((cluster) =>
      cluster === undefined ||
      ![...cluster.loads.map((load) => load.base), ...anchorBases(cluster)]
        .some((base) => early.members.has(base))
    ) && late.loads.every((load) => !early.members.has(load.base) || this.#isJoint(load));
  }

  /** Moves all of a cluster without anchor into another with as many places, if both can have the same. */
  #move(from: Cluster, to: Cluster): boolean {
    const formulas = [...from.members].map(([value, expression]) =>
      [value, { shape: from.shape, loads: from.loads, expression }] as const
    );
    if (formulas.some(([, formula]) => placesFor(to, formula) === null)) return false;
    const moved = formulas.map(([value, formula]) => {
      const expression = this.joined(to, formula);
      this.#homes.set(value, to);
      return [value, expression] as const;
    });
    const before = new Map(moved);
    const own = new Map<Scalar, Scalar>();
    for (const [value, expression] of to.members) {
      const joined = this.rules.substitute(expression, (leaf) => {
        if (leaf.kind !== "load") return leaf;
        return before.get(to.loads[leaf.operand]!.base) ?? leaf;
      }, own);
      moved.push([value, joined]);
    }
    if (from.index > to.index) moved.push(...moved.splice(0, before.size));
    to.members.clear();
    for (const [value, expression] of moved) to.members.set(value, expression);
    const [first, second] = from.index < to.index ? [from, to] : [to, from];
    to.steps.splice(0, to.steps.length, ...first.steps, ...second.steps);
    this.#all[from.index] = undefined;
    return true;
  }

  /** A formula's expression over the loads and members of a cluster that it may join. */
  joined(cluster: Cluster, formula: Formula): Scalar {
    const { shape, loads, expression } = placesFor(cluster, formula)!;
    if (shape !== cluster.shape) this.#reshape(cluster, shape);
    const operands = loads.map((load): Scalar => {
      const member = this.#homes.get(load.base) === cluster
        ? cluster.members.get(load.base)
        : undefined;
      return member ?? scalar.load(
        operandOf(cluster.loads, load),
        scalar.scalarTypeOf(load.base.spec.dtype),
      );
    });
    const replace = (leaf: Scalar) => leaf.kind === "load" ? operands[leaf.operand]! : leaf;
    return this.rules.substitute(expression, replace);
  }

  /** Gives a cluster without anchor finer axes. */
  #reshape(cluster: Cluster, shape: Shape): void {
    for (const [value, expression] of cluster.members) {
      const finer = reshapeFormula({ shape: cluster.shape, loads: [], expression }, shape)!;
      cluster.members.set(value, this.rules.simplify(finer.expression));
    }
    const { loads } = reshapeFormula({ ...cluster, expression: scalar.position }, shape)!;
    cluster.loads.splice(0, cluster.loads.length, ...loads);
    cluster.shape = shape;
  }
}

/** A formula at the places that it and a cluster can have in common, or `null` where there are none. */
function placesFor(cluster: Cluster, formula: Formula): Formula | null {
  const same = reshapeFormula(formula, cluster.shape);
  if (same !== null || cluster.anchor !== null) return same;
  const fine = refineShapes(cluster.shape, formula.shape);
  return fine === null ? null : reshapeFormula(formula, fine);
}

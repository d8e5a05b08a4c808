/**
 * The clusters of a graph while they grow: which of them a formula may join, and what moves where so
 * that it can. A cluster depends only on clusters before it.
 *
 * @module
 */
import { sameShape, type Shape, sizeOf } from "../tensor/mod.ts";
import {
  type Node,
  reshapeView,
  type Scalar,
  scalar,
  type Simplifier,
  type Value,
} from "../graph/mod.ts";
import { anchorLoads, type Cluster, type ClusterAnchor, operandOf } from "./cluster.ts";
import { refineShapes, reshapeExpressions } from "./formula.ts";
import { isWhole, type Load, rowMajorView } from "./views.ts";

/** How expressions are made: simplified, or as they are. */
export type Rules = Pick<Simplifier, "simplify" | "substitute">;

/** Clusters in order, with where each value is computed. */
export class Clusters {
  readonly #all: (Cluster | undefined)[] = [];
  /** The cluster that computes a value. */
  readonly #homes = new Map<Value, Cluster>();
  readonly #sealed: Set<Value>;

  constructor(
    readonly rules: Rules,
    /** Values whose kernels nothing joins. */
    sealed: Iterable<Value>,
  ) {
    this.#sealed = new Set(sealed);
  }

  /** Whether nothing joins the kernel of a value. */
  isSealed(value: Value): boolean {
    return this.#sealed.has(value);
  }

  /** Lets nothing join the kernel of a value any more. */
  seal(value: Value): void {
    this.#sealed.add(value);
  }

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

  /**
   * The cluster that a node joins, whose places it can have, or `undefined` when it needs one of its
   * own.
   *
   * @param shape The places of the node.
   * @param loads What it reads, walked by them.
   */
  host(shape: Shape, loads: readonly Load[]): Cluster | undefined {
    let [last, next] = this.#homesOf(loads);
    while (last !== undefined && next !== undefined) {
      if (!this.#mayJoin(last, shape, loads) || !this.#mayJoin(next, shape, loads)) break;
      const isOne = (this.#mayMoveBack(last, next) && this.#move(last, next)) ||
        (this.#mayMoveOn(next, last) && this.#move(next, last));
      if (!isOne) break;
      [last, next] = this.#homesOf(loads);
    }
    if (last === undefined || !this.#mayJoin(last, shape, loads)) return undefined;
    this.#reshape(last, placesFor(last, shape, loads)!);
    return last;
  }

  /** Moves what a cluster reads into it, where that has the same places and nothing between reads it. */
  gather(cluster: Cluster): void {
    for (const home of this.#homesOf(cluster.loads)) {
      if (this.#mayMoveOn(home, cluster)) this.#move(home, cluster);
    }
  }

  /** Expressions by which a cluster, whose places loads can be walked by, reads them. */
  operands(cluster: Cluster, loads: readonly Load[]): Scalar[] {
    return loads.map(({ base, view }) => {
      const member = this.#homes.get(base) === cluster ? cluster.members.get(base) : undefined;
      if (member !== undefined) return member;
      const operand = operandOf(cluster.loads, { base, view: reshapeView(view, cluster.shape)! });
      return this.rules.simplify(scalar.load(operand, scalar.scalarTypeOf(base.spec.dtype)));
    });
  }

  /** The clusters that compute what loads read, the last first. */
  #homesOf(loads: readonly Load[]): Cluster[] {
    const homes: Cluster[] = [];
    for (const { base } of loads) {
      const home = this.#homes.get(base);
      if (home !== undefined && !homes.includes(home)) homes.push(home);
    }
    return homes.length > 1 ? homes.sort((a, b) => b.index - a.index) : homes;
  }

  /** Whether all that a node reads from a cluster is read in order, at places that both can have. */
  #mayJoin(cluster: Cluster, shape: Shape, loads: readonly Load[]): boolean {
    return sizeOf(cluster.shape) === sizeOf(shape) &&
      loads.every((load) => this.#homes.get(load.base) !== cluster || this.#isJoint(load)) &&
      placesFor(cluster, shape, loads) !== null;
  }

  /** Whether a load reads all of a value in order, and may do so where the value is computed. */
  #isJoint(load: Load): boolean {
    return isWhole(load) && !this.#sealed.has(load.base);
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
    const reads = ({ base }: Load) => early.members.has(base);
    if (early.anchor !== null || anchorLoads(late).some(reads)) return false;
    const between = this.#all.slice(early.index + 1, late.index);
    return between.every((cluster) =>
      cluster === undefined || !(cluster.loads.some(reads) || anchorLoads(cluster).some(reads))
    ) && late.loads.every((load) => !reads(load) || this.#isJoint(load));
  }

  /** Moves all of a cluster without anchor into another with as many places, if both can have the same. */
  #move(from: Cluster, to: Cluster): boolean {
    const places = placesFor(to, from.shape, from.loads);
    const expressions = places === null
      ? null
      : reshapeExpressions([...from.members.values()], from.shape, places);
    if (expressions === null) return false;
    this.#reshape(to, places!);
    const operands = this.operands(to, from.loads);
    const memo = new Map<Scalar, Scalar>();
    const before = new Map<Value, Scalar>();
    [...from.members.keys()].forEach((value, i) => {
      const moved = this.rules.substitute(
        expressions[i]!,
        (leaf) => leaf.kind === "load" ? operands[leaf.operand]! : leaf,
        memo,
      );
      before.set(value, moved);
      this.#homes.set(value, to);
    });
    const own = new Map<Scalar, Scalar>();
    const joined = [...to.members].map(([value, expression]) =>
      [
        value,
        this.rules.substitute(expression, (leaf) => {
          if (leaf.kind !== "load") return leaf;
          return before.get(to.loads[leaf.operand]!.base) ?? leaf;
        }, own),
      ] as const
    );
    const [first, second] = from.index < to.index ? [from, to] : [to, from];
    const members = first === from ? [...before, ...joined] : [...joined, ...before];
    to.members.clear();
    for (const [value, expression] of members) to.members.set(value, expression);
    to.steps.splice(0, to.steps.length, ...first.steps, ...second.steps);
    this.#all[from.index] = undefined;
    return true;
  }

  /** Gives a cluster axes that its own are made of. */
  #reshape(cluster: Cluster, shape: Shape): void {
    if (sameShape(cluster.shape, shape)) return;
    const { members, loads } = cluster;
    const expressions = reshapeExpressions([...members.values()], cluster.shape, shape)!;
    [...members.keys()].forEach((value, i) =>
      members.set(value, this.rules.simplify(expressions[i]!))
    );
    loads.forEach(({ base, view }, i) => loads[i] = { base, view: reshapeView(view, shape)! });
    cluster.shape = shape;
  }
}

/** The places that a cluster and a node can have in common, or `null` where there are none. */
function placesFor(cluster: Cluster, shape: Shape, loads: readonly Load[]): Shape | null {
  const isSame = sameShape(cluster.shape, shape) ||
    loads.every(({ view }) => reshapeView(view, cluster.shape) !== null);
  if (isSame || cluster.anchor !== null) return isSame ? cluster.shape : null;
  return refineShapes(cluster.shape, shape);
}

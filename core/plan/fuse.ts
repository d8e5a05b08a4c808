/**
 * Graph -> clusters: nodes are gathered into kernels. A cluster is one kernel in the making: an
 * optional anchor (a reduction, or an op with a kernel of its own) and expressions for the values
 * that are computed at the same places.
 *
 * Nodes are taken in order. A cluster depends only on clusters before it, so an elementwise node may
 * always join the last cluster that it reads from, when it has the same places:
 * - *epilogue*: the node joins the cluster of its input;
 * - *absorption*: when the last cluster it reads has no anchor and stands on nothing later than
 *   another one it reads, the two become one first;
 * - *prologue*: a reduction takes up the expression of an input that nothing else reads.
 *
 * Movement costs nothing: it is another view of the same buffer, unless an op needs it row-major.
 *
 * @module
 */
import { sameShape, type Shape, sizeOf } from "../tensor/mod.ts";
import {
  type Graph,
  type Node,
  type Op,
  type Scalar,
  scalar,
  sourceNode,
  type Value,
} from "../graph/mod.ts";
import {
  anchorBases,
  type Cluster,
  type ClusterAnchor,
  compactLoads,
  type FusedKernel,
  replaceLeaves,
} from "./cluster.ts";
import {
  axisMap,
  broadcastView,
  isWhole,
  type Load,
  reshapeView,
  sameView,
  squeeze,
  whole,
} from "./views.ts";

/** The kernels of a graph, and where each value that must be in memory is found. */
export interface Fused {
  readonly kernels: readonly FusedKernel[];
  /** The value whose buffer holds a stored value, and how it is walked. */
  locate(value: Value): Load;
  /** The value that a chain of movements begins with. */
  root(value: Value): Value;
}

/** Gathers the nodes of a graph into kernels. With `fuses` false, each op is a kernel of its own. */
export function fuse(graph: Graph, { fuses }: { readonly fuses: boolean }): Fused {
  const fuser = new Fuser(graph, fuses);
  for (const node of graph.nodes) fuser.take(node);
  const stored = [...graph.outputs, ...graph.updates].map(({ value }) => fuser.store(value).base);
  return {
    kernels: fuser.finish(stored),
    locate: (value) => fuser.store(value),
    root: movementRoot,
  };
}

class Fuser {
  readonly #clusters: (Cluster | undefined)[] = [];
  /** The cluster that computes a value. */
  readonly #home = new Map<Value, Cluster>();
  readonly #located = new Map<Value, Load>();
  readonly #constants = new Map<Value, Scalar>();
  readonly #uses = new Map<Value, number>();
  /** Gradients of variables are kept as they are, side by side: nothing joins their kernels. */
  readonly #sealed: ReadonlySet<Value>;

  constructor(graph: Graph, readonly fuses: boolean) {
    const count = (value: Value) => this.#uses.set(value, (this.#uses.get(value) ?? 0) + 1);
    for (const node of graph.nodes) node.inputs.forEach(count);
    for (const output of graph.outputs) count(output.value);
    for (const update of graph.updates) count(update.value);
    this.#sealed = new Set(graph.gradients.map((gradient) => movementRoot(gradient.value)));
  }

  /** Takes up a node. */
  take(node: Node): void {
    const { op } = node;
    switch (op.kind) {
      case "elementwise":
        return this.#elementwise(node, op);
      case "reduction":
        return this.#reduction(node, op);
      case "movement":
        return;
      case "contraction":
      case "opaque": {
        const specs = node.inputs.map((input) => input.spec);
        const output = node.output.spec;
        const operands = node.inputs.map((input) => this.store(input).base);
        const cluster = this.#open(output.shape, {
          kind: "op",
          op,
          params: node.params,
          operands,
          specs,
          output,
          flops: op.kind === "contraction" ? op.flops(specs, node.params) : 0,
        });
        const type = scalar.scalarTypeOf(output.dtype);
        return this.#settle(cluster, node, scalar.anchor(type));
      }
      case "symbolic":
        throw new TypeError(`Cannot plan symbolic op "${op.name}": differentiate the graph first`);
    }
  }

  /** Finds a value in memory, row-major and whole; it is copied there when it is only a view. */
  store(value: Value): Load {
    const found = this.#locate(value);
    if (!this.#constants.has(found.base) && isWhole(found)) return found;
    return this.#copy(value, found);
  }

  /** The kernels with what they must leave in memory, without those that nothing needs. */
  finish(stored: readonly Value[]): FusedKernel[] {
    const demanded = new Set(stored);
    const kernels: FusedKernel[] = [];
    for (const cluster of this.#clusters.toReversed()) {
      if (cluster === undefined) continue;
      const results = [...cluster.members].filter(([value]) => demanded.has(value));
      if (results.length === 0) continue;
      const { loads, expressions } = compactLoads(
        cluster.loads,
        results.map(([, expression]) => expression),
      );
      for (const load of loads) demanded.add(load.base);
      for (const base of anchorBases(cluster)) demanded.add(base);
      kernels.push({
        cluster,
        loads,
        results: results.map(([value], i) => ({ value, expression: expressions[i]! })),
      });
    }
    return kernels.reverse();
  }

  #elementwise(node: Node, op: Extract<Op, { kind: "elementwise" }>): void {
    const shape = node.output.spec.shape;
    if (node.inputs.length === 0) {
      const expression = op.formula([], node.params);
      if (expression.kind === "constant") {
        this.#constants.set(node.output, expression);
        return;
      }
    }
    const found = node.inputs.map((input) => this.#locate(input));
    const cluster = this.#host(found, shape) ?? this.#open(shape, null);
    const operands = found.map((load) => this.#operand(cluster, load, shape));
    const placeholders = node.inputs.map((input, i) =>
      scalar.load(i, scalar.scalarTypeOf(input.spec.dtype))
    );
    const toCluster = axisMap(shape, cluster.shape);
    const expression = scalar.substitute(
      op.formula(placeholders, node.params),
      replaceLeaves(operands, toCluster),
    );
    this.#settle(cluster, node, expression);
  }

  #reduction(node: Node, op: Extract<Op, { kind: "reduction" }>): void {
    const [input] = node.inputs as [Value];
    const axes = op.axes(input.spec, node.params);
    const found = this.#locate(input);
    const { shape } = input.spec;
    const prologue = this.#prologue(input, found);
    const anchor = {
      kind: "reduce" as const,
      operator: op.operator,
      shape,
      axes,
      ...(prologue ?? this.#plainLoad(found, input)),
    };
    const cluster = this.#open(node.output.spec.shape, anchor);
    this.#settle(cluster, node, scalar.anchor(anchor.body.type));
  }

  #plainLoad(found: Load, input: Value): { loads: Load[]; body: Scalar } {
    const known = this.#constants.get(found.base);
    if (known !== undefined) return { loads: [], body: known };
    return { loads: [found], body: scalar.load(0, scalar.scalarTypeOf(input.spec.dtype)) };
  }

  /** The expression of a reduction's input, when nothing else reads it. */
  #prologue(input: Value, found: Load): { loads: Load[]; body: Scalar } | undefined {
    const home = this.#home.get(found.base);
    if (!this.fuses || home === undefined || home.anchor !== null || found.base !== input) {
      return undefined;
    }
    if (this.#uses.get(input) !== 1 || !sameShape(home.shape, input.spec.shape)) return undefined;
    const { loads, expressions } = compactLoads(home.loads, [home.members.get(input)!]);
    return { loads, body: expressions[0]! };
  }

  /** The cluster that an elementwise node joins, or `undefined` when it needs one of its own. */
  #host(found: readonly Load[], shape: Shape): Cluster | undefined {
    if (!this.fuses) return undefined;
    const homes = () =>
      [...new Set(found.flatMap((load) => this.#home.get(load.base) ?? []))]
        .sort((a, b) => b.index - a.index);
    let [last, next] = homes();
    while (last !== undefined && next !== undefined) {
      const both = this.#mayJoin(last, found, shape) && this.#mayJoin(next, found, shape);
      if (!both) break;
      if (this.#mayMoveBack(last, next)) this.#move(last, next);
      else if (this.#mayMoveOn(next, last)) this.#move(next, last);
      else break;
      [last, next] = homes();
    }
    return last !== undefined && this.#mayJoin(last, found, shape) ? last : undefined;
  }

  /** Whether a cluster has a node's places, and all the node reads from it is read at the same places. */
  #mayJoin(cluster: Cluster, found: readonly Load[], shape: Shape): boolean {
    if (!sameShape(squeeze(cluster.shape), squeeze(shape))) return false;
    return found.every((load) =>
      this.#home.get(load.base) !== cluster ||
      (isWhole(load) && !this.#sealed.has(load.base) && sizeOf(load.view.shape) === sizeOf(shape))
    );
  }

  /** Whether a cluster without anchor may move into an earlier one: it stands on nothing later. */
  #mayMoveBack(late: Cluster, early: Cluster): boolean {
    return late.anchor === null && late.loads.every((load) => {
      const home = this.#home.get(load.base);
      return home === undefined || home.index < early.index ||
        (home === early && this.#isJoint(load, early));
    });
  }

  /** Whether a cluster without anchor may move into a later one: nothing between them stands on it. */
  #mayMoveOn(early: Cluster, late: Cluster): boolean {
    if (early.anchor !== null || anchorBases(late).some((base) => early.members.has(base))) {
      return false;
    }
    const between = this.#clusters.slice(early.index + 1, late.index);
    return between.every((cluster) =>
      cluster === undefined ||
      ![...cluster.loads.map((load) => load.base), ...anchorBases(cluster)]
        .some((base) => early.members.has(base))
    ) && late.loads.every((load) => !early.members.has(load.base) || this.#isJoint(load, late));
  }

  /** Whether a load reads each place of a cluster at that place. */
  #isJoint(load: Load, cluster: Cluster): boolean {
    return isWhole(load) && !this.#sealed.has(load.base) &&
      sameShape(squeeze(load.view.shape), squeeze(cluster.shape));
  }

  /** Moves all of a cluster without anchor into another with the same places. */
  #move(from: Cluster, to: Cluster): void {
    const axes = axisMap(from.shape, to.shape);
    const operands = from.loads.map((load) => this.#operand(to, load, from.shape));
    const memo = new Map<Scalar, Scalar>();
    const moved = [...from.members].map(([value, expression]) => {
      this.#home.set(value, to);
      return [value, scalar.substitute(expression, replaceLeaves(operands, axes), memo)] as const;
    });
    const before = new Map(moved);
    const own = new Map<Scalar, Scalar>();
    for (const [value, expression] of to.members) {
      const joined = scalar.substitute(expression, (leaf) => {
        if (leaf.kind !== "load") return leaf;
        return before.get(to.loads[leaf.operand]!.base) ?? leaf;
      }, own);
      moved.push([value, joined]);
    }
    if (from.index > to.index) moved.push(...moved.splice(0, before.size));
    to.members.clear();
    for (const [value, expression] of moved) to.members.set(value, expression);
    const [first, second] = from.index < to.index ? [from, to] : [to, from];
    to.ops.splice(0, to.ops.length, ...first.ops, ...second.ops);
    to.nodes.splice(0, to.nodes.length, ...first.nodes, ...second.nodes);
    this.#clusters[from.index] = undefined;
  }

  /** The expression by which a cluster reads an operand. */
  #operand(cluster: Cluster, found: Load, shape: Shape): Scalar {
    const known = this.#constants.get(found.base);
    if (known !== undefined) return known;
    if (this.#home.get(found.base) === cluster) return cluster.members.get(found.base)!;
    const view = reshapeView(broadcastView(found.view, shape), cluster.shape);
    const at = cluster.loads.findIndex((load) =>
      load.base === found.base && sameView(load.view, view)
    );
    const operand = at >= 0 ? at : cluster.loads.push({ base: found.base, view }) - 1;
    return scalar.load(operand, scalar.scalarTypeOf(found.base.spec.dtype));
  }

  #open(shape: Shape, anchor: ClusterAnchor | null): Cluster {
    const cluster: Cluster = {
      index: this.#clusters.length,
      shape,
      anchor,
      loads: [],
      members: new Map(),
      ops: [],
      nodes: [],
    };
    this.#clusters.push(cluster);
    return cluster;
  }

  #settle(cluster: Cluster, node: Node, expression: Scalar): void {
    cluster.members.set(node.output, expression);
    cluster.ops.push(node.op.name);
    cluster.nodes.push(node);
    this.#home.set(node.output, cluster);
    this.#located.set(node.output, whole(node.output));
  }

  /** Where a value's elements are: itself, or a view of what it was moved from. */
  #locate(value: Value): Load {
    const known = this.#located.get(value);
    if (known !== undefined) return known;
    const node = sourceNode(value);
    let found = whole(value);
    if (node?.op.kind === "movement") {
      const [input] = node.inputs as [Value];
      const from = this.#locate(input);
      const view = node.op.view(from.view, node.params);
      found = view !== null ? { base: from.base, view } : this.#moved(node, input, from);
    }
    this.#located.set(value, found);
    return found;
  }

  /** A movement of what had to be copied first. */
  #moved(node: Node, input: Value, from: Load): Load {
    const copied = this.#copy(input, from);
    const view = (node.op as Extract<Op, { kind: "movement" }>).view(copied.view, node.params);
    if (view === null) {
      throw new TypeError(`Cannot view "${node.op.name}": it refuses a row-major input`);
    }
    return { base: copied.base, view };
  }

  /** Copies a view, so that the value lies row-major in a buffer of its own. */
  #copy(value: Value, found: Load): Load {
    const cluster = this.#open(value.spec.shape, null);
    const expression = this.#operand(cluster, found, value.spec.shape);
    cluster.members.set(value, expression);
    cluster.ops.push("copy");
    const node = sourceNode(value);
    if (node !== undefined) cluster.nodes.push(node);
    this.#home.set(value, cluster);
    const located = whole(value);
    this.#located.set(value, located);
    return located;
  }
}

/** The value that a chain of movements begins with. */
function movementRoot(value: Value): Value {
  let root = value;
  for (let node = sourceNode(root); node?.op.kind === "movement"; node = sourceNode(root)) {
    root = node.inputs[0]!;
  }
  return root;
}

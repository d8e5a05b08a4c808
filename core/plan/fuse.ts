/**
 * Graph -> clusters: nodes are gathered into kernels. A cluster is one kernel in the making: an
 * optional anchor (a reduction, or an op with a kernel of its own) and expressions for the values
 * that are computed at the same places.
 *
 * Nodes are taken in order. A cluster depends only on clusters before it, so an elementwise node may
 * always join the last cluster that it reads from, when it has as many places in the same order:
 * - *epilogue*: the node joins the cluster of its input;
 * - *absorption*: when the last cluster it reads has no anchor and stands on nothing later than
 *   another one it reads, the two become one first;
 * - *prologue*: a reduction takes up the expression of an input that nothing else reads.
 *
 * What reads no memory (constants, and counts of places) is no kernel but part of whatever reads it,
 * and a node whose expression comes to one of its operands is that operand. Movement costs nothing:
 * it is another view of the same buffer, unless an op needs it row-major. At the end, what is cheaper
 * to compute again than to keep is computed again (`recompute.ts`).
 *
 * @module
 */
import { sizeOf } from "../tensor/mod.ts";
import {
  type Graph,
  type Node,
  type Op,
  reshapeView,
  type Scalar,
  scalar,
  Simplifier,
  sourceNode,
  type Value,
} from "../graph/mod.ts";
import {
  type Cluster,
  compactLoads,
  type FusedKernel,
  lengthOf,
  neededOf,
  operandOf,
  type Step,
} from "./cluster.ts";
import { Clusters, type Rules } from "./clusters.ts";
import { finerAxes, type Formula, refineShapes, reshapeFormula, seenThrough } from "./formula.ts";
import { costOf, recompute } from "./recompute.ts";
import { broadcastView, isWhole, type Load, rowMajorView, whole } from "./views.ts";

/** The kernels of a graph, and where each value that must be in memory is found. */
export interface Fused {
  readonly kernels: readonly FusedKernel[];
  /** The value whose buffer holds a stored value, and how it is walked. */
  locate(value: Value): Load;
  /** The value that a chain of movements, and of nodes that are their operand, begins with. */
  root(value: Value): Value;
}

/** How nodes are gathered. */
export interface FuseOptions {
  /** Whether nodes share kernels; else each op is a kernel of its own, as it is defined. */
  readonly fuses: boolean;
  /** Bits of the floats that the device computes with. */
  readonly floatBits: 32 | 64;
  /** Whether the kernel of an op walks its operands by any strides; else they must be row-major. */
  readsStrides(op: Op): boolean;
}

/** Gathers the nodes of a graph into kernels. */
export function fuse(graph: Graph, options: FuseOptions): Fused {
  const fuser = new Fuser(graph, options);
  for (const node of graph.nodes) fuser.take(node);
  const stored = [...graph.outputs, ...graph.updates].map(({ value }) => fuser.store(value).base);
  return {
    kernels: fuser.finish(stored),
    locate: (value) => fuser.store(value),
    root: (value) => fuser.root(value),
  };
}

/** Expressions as the ops define them. */
const asDefined: Rules = { simplify: (expression) => expression, substitute: scalar.substitute };

/** Instructions up to which what reads no memory is computed wherever it is read. */
const mostFree = 16;

class Fuser {
  readonly #clusters: Clusters;
  readonly #located = new Map<Value, Load>();
  /** Values that read no memory, as expressions over their own places. */
  readonly #free = new Map<Value, Scalar>();
  readonly #uses = new Map<Value, number>();
  /** Nodes that come to one of their operands. */
  readonly #aliases = new Map<Value, Value>();
  /** Gradients of variables are kept as they are, side by side: nothing joins their kernels. */
  readonly #sealed: Set<Value>;
  readonly #updated: ReadonlySet<Value>;
  readonly #rules: Rules;

  constructor(graph: Graph, readonly options: FuseOptions) {
    this.#rules = options.fuses ? new Simplifier(options.floatBits) : asDefined;
    const count = (value: Value) => this.#uses.set(value, (this.#uses.get(value) ?? 0) + 1);
    for (const node of graph.nodes) node.inputs.forEach(count);
    for (const output of graph.outputs) count(output.value);
    for (const update of graph.updates) count(update.value);
    this.#sealed = new Set(graph.gradients.map((gradient) => movementRoot(gradient.value)));
    this.#updated = new Set(graph.updates.map((update) => update.variable.value));
    this.#clusters = new Clusters(this.#rules, this.#sealed);
  }

  /** Takes up a node. */
  take(node: Node): void {
    const { op, inputs, params, output } = node;
    switch (op.kind) {
      case "elementwise":
        return this.#elementwise(node, op);
      case "reduction":
        return this.#reduction(node, op);
      case "movement":
        return;
      case "contraction":
      case "opaque": {
        const readsStrides = this.options.readsStrides(op);
        const cluster = this.#clusters.open(output.spec.shape, {
          kind: "op",
          op,
          params,
          operands: inputs.map((input) => this.#operandFor(input, readsStrides)),
          output: output.spec,
          flops: op.kind === "contraction"
            ? op.flops(inputs.map((input) => input.spec), params)
            : 0,
        });
        const type = scalar.scalarTypeOf(output.spec.dtype);
        return this.#settle(cluster, node, this.#rules.simplify(scalar.anchor(type)));
      }
      case "symbolic":
        throw new TypeError(`Cannot plan symbolic op "${op.name}": differentiate the graph first`);
    }
  }

  root(value: Value): Value {
    const root = movementRoot(value);
    const alias = this.#aliases.get(root);
    return alias === undefined ? root : this.root(alias);
  }

  /** Finds a value in memory, row-major and whole; it is copied there when it is only a view. */
  store(value: Value): Load {
    const found = this.#locate(value);
    const isThere = !this.#free.has(found.base) || this.#isComputed(found.base);
    return isThere && isWhole(found) ? found : this.#copy(value, found);
  }

  /** The kernels with what they must leave in memory, without those that nothing needs. */
  finish(stored: readonly Value[]): FusedKernel[] {
    if (this.options.fuses) {
      recompute(this.#clusters.all, {
        stored: new Set(stored),
        sealed: this.#sealed,
        updated: this.#updated,
        rules: this.#rules,
      });
    }
    const { clusters, demanded } = neededOf(this.#clusters.all, stored);
    return clusters.map((cluster) => {
      const results = [...cluster.members].filter(([value]) => demanded.has(value));
      const { loads, expressions } = compactLoads(
        cluster.loads,
        results.map(([, expression]) => expression),
      );
      return {
        cluster,
        loads,
        results: results.map(([value], i) => ({ value, expression: expressions[i]! })),
        steps: this.#stepsTo(results.map(([value]) => value), cluster),
      };
    });
  }

  /** The steps of a cluster that results need: others were taken by kernels that compute them again. */
  #stepsTo(results: readonly Value[], cluster: Cluster): Step[] {
    const needed = new Set<Value>();
    const visit = (value: Value): void => {
      if (needed.has(value)) return;
      needed.add(value);
      const alias = this.#aliases.get(value);
      if (alias !== undefined) return visit(alias);
      const home = this.#clusters.homeOf(value);
      if (home === undefined || home === cluster) sourceNode(value)?.inputs.forEach(visit);
    };
    results.forEach(visit);
    return cluster.steps.filter(({ value }) => needed.has(value));
  }

  /** Where an op with loops of its own finds an input. */
  #operandFor(input: Value, readsStrides: boolean): Load {
    const found = this.#locate(input);
    if (readsStrides && !this.#free.has(found.base) && !isWhole(found)) return found;
    return { base: this.store(input).base, view: rowMajorView(input.spec.shape) };
  }

  #elementwise(node: Node, op: Extract<Op, { kind: "elementwise" }>): void {
    const { output } = node;
    const formula = this.#formulaOf(node, op);
    const { expression, loads, shape } = formula;
    const isConstant = node.inputs.length === 0 && expression.kind === "constant";
    if (!this.options.fuses && !isConstant) {
      const cluster = this.#clusters.open(shape, null);
      return this.#settle(cluster, node, this.#clusters.joined(cluster, formula));
    }
    if (loads.length === 0 && costOf([expression]) <= mostFree) {
      this.#free.set(output, expression);
      return;
    }
    if (expression.kind === "load" && this.#isAlias(output, loads[0]!)) return;
    const cluster = this.#clusters.host(formula) ?? this.#clusters.open(shape, null);
    const joined = this.#clusters.joined(cluster, formula);
    const same = joined.kind === "load"
      ? cluster.loads[joined.operand]
      : this.#clusters.memberLike(cluster, joined);
    if (same !== undefined && this.#isAlias(output, same)) return;
    this.#settle(cluster, node, joined);
  }

  /** Finds a value where it is already, if it can be read there in its own shape. */
  #isAlias(value: Value, { base, view }: Load): boolean {
    const { shape, dtype } = value.spec;
    const own = base.spec.dtype === dtype ? reshapeView(view, shape) : null;
    if (own === null) return false;
    this.#located.set(value, { base, view: own });
    this.#aliases.set(value, base);
    if (this.#sealed.has(value)) this.#sealed.add(base);
    return true;
  }

  /** What a node computes at each place of its output, over where its inputs are. */
  #formulaOf(
    { inputs, params, output: { spec: { shape } } }: Node,
    op: Extract<Op, { kind: "elementwise" }>,
  ): Formula {
    const loads: Load[] = [];
    const parts = inputs.map((input): Scalar => {
      const { base, view } = this.#locate(input);
      const load = { base, view: broadcastView(view, shape) };
      return this.#freeThrough(load) ??
        scalar.load(operandOf(loads, load), scalar.scalarTypeOf(base.spec.dtype));
    });
    const expression = this.#rules.simplify(op.formula(parts, params));
    const compact = compactLoads(loads, [expression]);
    return {
      shape,
      loads: compact.loads,
      expression: this.#rules.simplify(compact.expressions[0]!),
    };
  }

  /** The expression of what reads no memory, as a view shows it; `undefined` for what must be loaded. */
  #freeThrough({ base, view }: Load): Scalar | undefined {
    const expression = this.#free.get(base);
    if (expression === undefined || expression.kind === "constant") return expression;
    const { shape } = base.spec;
    const seen = seenThrough({ shape, loads: [], expression }, view);
    if (seen !== null) return this.#rules.simplify(seen.expression);
    // no expression tells the reader the place: it is computed into memory
    if (!this.#isComputed(base)) {
      this.#settle(this.#clusters.open(shape, null), sourceNode(base)!, expression);
    }
    return undefined;
  }

  #reduction(node: Node, op: Extract<Op, { kind: "reduction" }>): void {
    const [input] = node.inputs as [Value];
    const axes = op.axes(input.spec, node.params);
    const found = this.#locate(input);
    const { shape, loads, expression, reduced = axes } = this.#prologue(input, found, axes) ??
      this.#plain(found);
    const cluster = this.#clusters.open(
      shape.map((size, axis) => reduced.includes(axis) ? 1 : size),
      { kind: "reduce", operator: op.operator, shape, axes: reduced, loads, body: expression },
    );
    this.#settle(cluster, node, this.#rules.simplify(scalar.anchor(expression.type)));
  }

  #plain(found: Load): Formula & { readonly reduced?: undefined } {
    const { shape } = found.view;
    const free = this.#freeThrough(found);
    if (free !== undefined) return { shape, loads: [], expression: free };
    const type = scalar.scalarTypeOf(found.base.spec.dtype);
    return { shape, loads: [found], expression: this.#rules.simplify(scalar.load(0, type)) };
  }

  /** The expression of a reduction's input, when nothing else reads it; its axes may be finer. */
  #prologue(
    input: Value,
    found: Load,
    axes: readonly number[],
  ): Formula & { readonly reduced: readonly number[] } | undefined {
    const { base, view } = found;
    const home = this.#clusters.homeOf(base);
    if (!this.options.fuses || home === undefined || home.anchor !== null) return undefined;
    if (!this.#isOnlyReader(input, base) || sizeOf(view.shape) > lengthOf(base)) return undefined;
    const { loads, expressions } = compactLoads(home.loads, [home.members.get(base)!]);
    const own = { shape: home.shape, loads, expression: expressions[0]! };
    const seen = seenThrough(own, view);
    if (seen !== null) {
      return { ...seen, expression: this.#rules.simplify(seen.expression), reduced: axes };
    }
    // the places of the input's kernel are finer: the reduction walks them
    const fine = isWhole(found) ? refineShapes(home.shape, view.shape) : null;
    const refined = fine === null ? null : reshapeFormula(own, fine);
    if (refined === null) return undefined;
    return {
      ...refined,
      expression: this.#rules.simplify(refined.expression),
      reduced: finerAxes(view.shape, axes, refined.shape),
    };
  }

  /** Whether an input shows a value by movements alone that nothing else reads, and neither the value. */
  #isOnlyReader(input: Value, base: Value): boolean {
    for (let at = input;; at = sourceNode(at)!.inputs[0]!) {
      if (this.#uses.get(at) !== 1) return false;
      if (at === base) return true;
      if (sourceNode(at)?.op.kind !== "movement") return false;
    }
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
    const { shape } = value.spec;
    const formula = this.#plain(found);
    const cluster = this.#clusters.open(shape, null);
    this.#clusters.settle(cluster, value, {
      expression: this.#clusters.joined(cluster, formula),
      name: "copy",
      node: sourceNode(value),
    });
    const located = whole(value);
    this.#located.set(value, located);
    return located;
  }

  #settle(cluster: Cluster, node: Node, expression: Scalar): void {
    this.#clusters.settle(cluster, node.output, { expression, name: node.op.name, node });
  }

  #isComputed(value: Value): boolean {
    return this.#clusters.homeOf(value) !== undefined;
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

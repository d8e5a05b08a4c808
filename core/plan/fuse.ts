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
import { sameShape, type Shape } from "../tensor/mod.ts";
import {
  costOf,
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
import { type Cluster, compactLoads, type FusedKernel, neededOf, type Step } from "./cluster.ts";
import { Clusters, type Rules } from "./clusters.ts";
import { type Formula, reshapeExpressions, seenThrough } from "./formula.ts";
import type { Precision } from "./precision.ts";
import { type Prologue, prologueOf } from "./prologue.ts";
import { recompute, type RecomputeTarget } from "./recompute.ts";
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
export interface FuseOptions extends RecomputeTarget {
  /** How floats are stored. */
  readonly precision: Precision;
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

/** The expression of an element from those of the inputs. */
type ElementFormula = (inputs: readonly Scalar[]) => Scalar;

class Fuser {
  readonly #clusters: Clusters;
  readonly #located = new Map<Value, Load>();
  /** Values that read no memory, as expressions over their own places. */
  readonly #free = new Map<Value, Scalar>();
  readonly #uses = new Map<Value, number>();
  /** Nodes that come to one of their operands. */
  readonly #aliases = new Map<Value, Value>();
  /** Variables that are given new values. */
  readonly #updated: ReadonlySet<Value>;
  readonly #rules: Rules;

  constructor(graph: Graph, readonly options: FuseOptions) {
    this.#rules = options.fuses ? new Simplifier(options.floatBits) : asDefined;
    const count = (value: Value) => this.#uses.set(value, (this.#uses.get(value) ?? 0) + 1);
    for (const node of graph.nodes) node.inputs.forEach(count);
    for (const output of graph.outputs) count(output.value);
    for (const update of graph.updates) count(update.value);
    this.#updated = new Set(graph.updates.map((update) => update.variable.value));
    // gradients of variables are kept as they are, side by side: nothing joins their kernels
    this.#clusters = new Clusters(
      this.#rules,
      graph.gradients.map((gradient) => movementRoot(gradient.value)),
    );
  }

  /** Takes up a node. */
  take(node: Node): void {
    const { op, inputs, params, output } = node;
    switch (op.kind) {
      case "elementwise":
        return inputs.length === 0
          ? this.#generator(node, op.formula([], params))
          : this.#elementwise(node, (parts) => op.formula(parts, params));
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
    const needed = neededOf(this.#clusters.all, stored);
    const last = this.options.fuses
      ? recompute(needed, {
        stored: new Set(stored),
        isSealed: (value) => this.#clusters.isSealed(value),
        updated: this.#updated,
        rules: this.#rules,
        target: this.options,
        precision: this.options.precision,
      })
      : needed;
    return last.map(({ cluster, results }): FusedKernel => {
      const { loads, expressions } = compactLoads(
        cluster.loads,
        results.map((value) => cluster.members.get(value)!),
      );
      return {
        cluster,
        loads,
        results: results.map((value, i) => ({ value, expression: expressions[i]! })),
        steps: this.#stepsTo(results, cluster),
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

  /** What reads nothing: a constant, or a count of places, is part of whatever reads it. */
  #generator(node: Node, formula: Scalar): void {
    const expression = this.#rules.simplify(formula);
    const isFree = this.options.fuses
      ? costOf([expression]) <= mostFree
      : expression.kind === "constant";
    if (isFree) this.#free.set(node.output, expression);
    else this.#settle(this.#clusters.open(node.output.spec.shape, null), node, expression);
  }

  #elementwise(node: Node, formula: ElementFormula): void {
    const { inputs, output } = node;
    const { shape } = output.spec;
    const loads: Load[] = [];
    const parts = inputs.map((input): Scalar | Load => {
      const { base, view } = this.#locate(input);
      const load = { base, view: broadcastView(view, shape) };
      const free = this.#freeThrough(load);
      if (free === undefined) loads.push(load);
      return free ?? load;
    });
    const host = this.options.fuses ? this.#clusters.host(shape, loads) : undefined;
    const joined = host && this.#expressionIn(host, { formula, parts, shape });
    const cluster = joined === undefined ? this.#clusters.open(shape, null) : host!;
    const expression = joined ?? this.#expressionIn(cluster, { formula, parts, shape })!;
    const readsNothing = loads.length === 0 || expression.kind === "constant";
    if (this.options.fuses && readsNothing && costOf([expression]) <= mostFree) {
      this.#free.set(output, expression);
    } else if (!this.#isFound(output, cluster, expression)) {
      this.#settle(cluster, node, expression);
      if (this.options.fuses && joined === undefined) this.#clusters.gather(cluster);
    }
  }

  /** An op's formula at the places of a cluster; `undefined` where they do not tell its coordinates. */
  #expressionIn(cluster: Cluster, { formula, parts, shape }: {
    readonly formula: ElementFormula;
    /** What the op is applied to, over its own places: loads, and expressions that load nothing. */
    readonly parts: readonly (Scalar | Load)[];
    readonly shape: Shape;
  }): Scalar | undefined {
    const operands = this.#clusters.operands(cluster, parts.filter((part) => "base" in part));
    let operand = 0;
    if (sameShape(cluster.shape, shape)) {
      const inputs = parts.map((part) => "base" in part ? operands[operand++]! : part);
      return this.#rules.simplify(formula(inputs));
    }
    const inputs = parts.map((part) =>
      "base" in part ? scalar.load(operand, operands[operand++]!.type) : part
    );
    const reshaped = reshapeExpressions([formula(inputs)], shape, cluster.shape);
    return reshaped === null ? undefined : this.#rules.substitute(
      reshaped[0]!,
      (leaf) => leaf.kind === "load" ? operands[leaf.operand]! : leaf,
    );
  }

  /** Whether what an expression gives is in memory, or computed there, already. */
  #isFound(value: Value, cluster: Cluster, expression: Scalar): boolean {
    if (!this.options.fuses) return false;
    const same = expression.kind === "load"
      ? cluster.loads[expression.operand]
      : this.#clusters.memberLike(cluster, expression);
    return same !== undefined && this.#isAlias(value, same);
  }

  /** Finds a value where it is already, if it can be read there in its own shape. */
  #isAlias(value: Value, { base, view }: Load): boolean {
    const { shape, dtype } = value.spec;
    const own = base.spec.dtype === dtype ? reshapeView(view, shape) : null;
    if (own === null) return false;
    this.#located.set(value, { base, view: own });
    this.#aliases.set(value, base);
    if (this.#clusters.isSealed(value)) this.#clusters.seal(base);
    return true;
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
    if (this.options.fuses && axes.every((axis) => input.spec.shape[axis] === 1)) {
      // one element to combine: what it is combined with at first changes the sign of zero alone
      return this.#elementwise(
        node,
        ([x]) => op.operator === "add" ? scalar.add(x!, 0) : x!,
      );
    }
    const found = this.#locate(input);
    const { shape, loads, expression, axes: reduced } = this.#prologue(input, found, axes) ??
      { ...this.#plain(found), axes };
    const body = this.#rules.simplify(expression);
    const cluster = this.#clusters.open(
      shape.map((size, axis) => reduced.includes(axis) ? 1 : size),
      { kind: "reduce", operator: op.operator, shape, axes: reduced, loads, body },
    );
    this.#settle(cluster, node, this.#rules.simplify(scalar.anchor(body.type)));
  }

  /** What lies in memory, or reads none, as a formula. */
  #plain(found: Load): Formula {
    const { shape } = found.view;
    const free = this.#freeThrough(found);
    if (free !== undefined) return { shape, loads: [], expression: free };
    const type = scalar.scalarTypeOf(found.base.spec.dtype);
    return { shape, loads: [found], expression: this.#rules.simplify(scalar.load(0, type)) };
  }

  /** What a reduction's input is computed by, when nothing else reads it. */
  #prologue(input: Value, found: Load, axes: readonly number[]): Prologue | undefined {
    const home = this.#clusters.homeOf(found.base);
    return this.options.fuses && home !== undefined && this.#isOnlyReader(input, found.base)
      ? prologueOf(home, found, axes)
      : undefined;
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
    cluster.loads.push(...formula.loads);
    this.#clusters.settle(cluster, value, {
      expression: formula.expression,
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

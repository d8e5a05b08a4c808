/**
 * Graph -> Graph: every symbolic gradient is replaced by the values that the reverse walk finds. The
 * walk goes once through the nodes between a loss and the values wanted, from the loss back, and
 * asks each op for its own rule; it knows no op by name.
 *
 * @module
 */
import {
  type Graph,
  type GraphBuilder,
  type Node,
  type Op,
  rewrite,
  scalar,
  sourceNode,
  type Value,
} from "../graph/mod.ts";
import { LossScale } from "./loss_scale.ts";
import {
  accumulate,
  appliedStepsOp,
  constantLike,
  gradientOp,
  sumTo,
  zerosLike,
} from "../ops/mod.ts";

/** How a graph is differentiated. */
export interface DifferentiateOptions {
  /** Whether losses are scaled, and steps skipped whose gradients are not finite: see `loss_scale.ts`. */
  readonly scalesLosses?: boolean;
}

/** What the reverse walk found: the gradient of a loss by a value. */
export interface Cotangent {
  readonly loss: Value;
  /** The value that the loss is differentiated by. */
  readonly of: Value;
  /** The gradient, in the shape of that value. */
  readonly value: Value;
}

/** A differentiated graph, with what the walk knows of it. */
export interface Differentiated {
  readonly graph: Graph;
  /** Gradients by the values between a loss and the parameters, in the order of the walk. */
  readonly cotangents: readonly Cotangent[];
  /** The value of the graph that stands for one of the graph that was differentiated. */
  valueOf(old: Value): Value;
}

/**
 * Replaces the symbolic gradients of a graph by ops, and then takes out what only keeps gradients
 * back. A graph without any comes back as it is.
 */
export function differentiate(graph: Graph, options: DifferentiateOptions = {}): Graph {
  return withoutBarriers(reverse(graph, options).graph);
}

/** A graph without nodes that give what they read, which only a reverse walk minds. */
function withoutBarriers(graph: Graph): Graph {
  if (!graph.nodes.some(isBarrier)) return graph;
  return rewrite(graph, (node, [x]) => isBarrier(node) ? x : undefined);
}

function isBarrier({ op, inputs, params }: Node): boolean {
  if (op.kind !== "elementwise" || op.vjp !== "none" || inputs.length !== 1) return false;
  const x = scalar.load(0, scalar.scalarTypeOf(inputs[0]!.spec.dtype));
  return op.formula([x], params) === x;
}

/** Differentiates a graph as `differentiate` does, and tells which value is the gradient by which. */
export function reverse(
  graph: Graph,
  { scalesLosses = false }: DifferentiateOptions = {},
): Differentiated {
  const wanted = new Map<Value, Set<Value>>();
  for (const node of graph.nodes) {
    if (node.op !== gradientOp) continue;
    const [loss, variable] = node.inputs as [Value, Value];
    if (!wanted.has(loss)) wanted.set(loss, new Set());
    wanted.get(loss)!.add(variable);
  }
  if (wanted.size === 0) return { graph, cotangents: [], valueOf: (old) => old };
  const walked = new Map<Value, ReadonlyMap<Value, Value>>();
  const found: Cotangent[] = [];
  let newValueOf = (old: Value) => old;
  let scale: LossScale | undefined;
  const differentiated = rewrite(graph, (node, [loss, variable], { builder, valueOf }) => {
    newValueOf = valueOf;
    const isStep = node.op === appliedStepsOp;
    if (!isStep && node.op !== gradientOp) return undefined;
    if (scalesLosses) scale ??= new LossScale(builder);
    if (isStep) return scale?.applied(loss!) ?? loss;
    const [oldLoss] = node.inputs as [Value, Value];
    if (!walked.has(oldLoss)) {
      const by = [...wanted.get(oldLoss)!].map((value) => valueOf(value));
      const cotangents = walk(loss!, by, { builder, seed: scale?.seed });
      walked.set(oldLoss, cotangents);
      for (const [of, value] of cotangents) found.push({ loss: loss!, of, value });
    }
    const cotangent = walked.get(oldLoss)!.get(variable!);
    const gradient = cotangent === undefined
      ? zerosLike(variable!)
      : scale?.unscale(cotangent) ?? cotangent;
    builder.gradient(variable!, gradient);
    return gradient;
  }, {
    update: (before, after) => scale?.guard(before, after) ?? after,
    finish: () => scale?.finish(),
  });
  return { graph: differentiated, cotangents: found, valueOf: newValueOf };
}

/**
 * Gradients of a loss by some values: the reverse walk.
 *
 * @param options.seed The cotangent of the loss; 1 when absent.
 */
function walk(
  loss: Value,
  by: readonly Value[],
  { builder, seed = constantLike(loss, 1) }: {
    readonly builder: GraphBuilder;
    readonly seed?: Value | undefined;
  },
): ReadonlyMap<Value, Value> {
  const nodes = nodesBetween(loss, by);
  const passed = new Set<Value>(by);
  for (const node of nodes) passed.add(node.output);
  const cotangents = new Map<Value, Value>();
  const parts = new Map<Value, { readonly values: Value[]; path: string }>();
  parts.set(loss, { values: [seed], path: "" });
  // all uses of a value have been walked when its own node's turn comes, or at the end
  const cotangentOf = (value: Value): Value | undefined => {
    const found = parts.get(value);
    if (found === undefined) return undefined;
    const sum = builder.at(found.path, () => total(found.values), { backward: true });
    cotangents.set(value, sum);
    return sum;
  };
  for (const node of nodes.toReversed()) {
    const cotangent = cotangentOf(node.output);
    if (cotangent === undefined || node.op.vjp === "none") continue;
    const { vjp } = node.op;
    builder.at(node.path, () => {
      const { inputs, output, params } = node;
      vjp({ inputs, output, cotangent, params }).forEach((part, i) => {
        const input = inputs[i]!;
        if (part === null || !passed.has(input)) return;
        const found = parts.get(input) ?? { values: [], path: "" };
        found.values.push(sumTo(part, input.spec.shape));
        found.path = node.path;
        parts.set(input, found);
      });
    }, { backward: true });
  }
  for (const value of parts.keys()) if (!cotangents.has(value)) cotangentOf(value);
  return cotangents;
}

/** The sum of the cotangents of a value: where ops have a rule for the sum of their results, by that. */
function total(parts: readonly Value[]): Value {
  if (parts.length === 1) return parts[0]!;
  const groups = new Map<Op, Node[]>();
  for (const part of parts) {
    const node = sourceNode(part);
    if (node?.op.total === undefined) continue;
    groups.set(node.op, [...groups.get(node.op) ?? [], node]);
  }
  const terms = new Set<Value>();
  const sums: Value[] = [];
  for (const [op, nodes] of groups) {
    // in the order of the uses: other totals over the steps of a recurrence have their terms so too
    const sum = nodes.length < 2 ? null : op.total!(nodes.toReversed());
    if (sum === null) continue;
    sums.push(sum);
    for (const { output } of nodes) terms.add(output);
  }
  return [...parts.filter((part) => !terms.has(part)), ...sums].reduce(accumulate);
}

/** Nodes that the loss depends on and that depend on a wanted value, in the graph's order. */
function nodesBetween(loss: Value, by: readonly Value[]): Node[] {
  const above = new Set<Value>([loss]);
  const stack = [loss];
  const nodes: Node[] = [];
  for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
    const node = sourceNode(at);
    if (node === undefined) continue;
    nodes.push(node);
    for (const input of node.inputs) {
      if (!above.has(input)) {
        above.add(input);
        stack.push(input);
      }
    }
  }
  nodes.sort((a, b) => a.output.id - b.output.id);
  const dependent = new Set<Value>(by);
  return nodes.filter((node) => {
    if (node.op.vjp === "none" || !node.inputs.some((input) => dependent.has(input))) return false;
    dependent.add(node.output);
    return true;
  });
}

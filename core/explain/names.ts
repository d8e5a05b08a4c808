/**
 * Which values get a name, and which: data by its port, parameters and stages by their paths, as
 * short as they stay unique; inside a stage, the sums that a curve is applied to, and what is used
 * in several places.
 *
 * @module
 */
import { sizeOf } from "../tensor/mod.ts";
import {
  type Graph,
  type Node,
  type Scalar,
  scalar,
  sourceNode,
  type Value,
} from "../graph/mod.ts";
import type { StageFlow } from "../check/mod.ts";
import type { Cotangent } from "../differentiate/mod.ts";
import { isConstant, isSeenThrough, Notation, seeThrough } from "./notation.ts";

/** What names are given to. */
export interface NamingOptions {
  /** Stage outputs, as values of the graph. */
  readonly flows: readonly StageFlow[];
  readonly cotangents: readonly Cotangent[];
  /** Tells whether a node belongs to the part in which values are looked for that deserve a name. */
  readonly isForward: (node: Node) => boolean;
}

/** The longest right side that stands in one line. */
const longest = 78;

/** The names of a graph's values. */
export function nameValues(graph: Graph, options: NamingOptions): ReadonlyMap<Value, string> {
  const paths = pathsOf(graph, options.flows);
  const forward = graph.nodes.filter(options.isForward);
  const inner = new InnerNames(paths);
  const products = new Set<Value>();
  for (const node of forward) {
    for (const value of curvedArguments(node, paths)) {
      if (products.has(value)) inner.add(value, "z");
    }
    if (isDraw(node)) inner.add(node.output, "u");
    const isProduct = node.op.kind === "contraction" ||
      node.inputs.some((input) => products.has(input) && !paths.has(input));
    if (isProduct) products.add(node.output);
  }
  for (const value of sharedValues(forward, paths)) inner.add(value, "z");
  const names = () => withGradients(shortNames(paths), { graph, ...options });
  for (let round = 0; round < forward.length; round++) {
    const part = partOfLongest(forward, new Notation(names()));
    if (part === undefined) break;
    inner.add(part, "z");
  }
  return names();
}

/** Adds the names of gradients of what has a name, and of gradients that a stage has changed. */
function withGradients(
  names: Map<Value, string>,
  { graph, flows, cotangents }: NamingOptions & { readonly graph: Graph },
): ReadonlyMap<Value, string> {
  for (const { loss, of, value } of cotangents) {
    const [above, below] = [names.get(loss), names.get(of)];
    if (above === undefined || below === undefined) continue;
    if (!isConstant(value) && !names.has(value)) names.set(value, gradientName(above, below));
  }
  for (const { path, value, parameter } of flows) {
    const variable = graph.variables.find((known) => known.path === parameter);
    if (variable === undefined || names.has(value) || isConstant(value)) continue;
    const walked = cotangents.find(({ of }) => of === variable.value);
    const below = names.get(variable.value)!;
    const above = walked === undefined ? undefined : names.get(walked.loss);
    names.set(value, `${path}(${above === undefined ? below : gradientName(above, below)})`);
  }
  return names;
}

/** `∂loss/∂weight` */
export function gradientName(loss: string, of: string): string {
  return `∂${loss}/∂${of}`;
}

/** Paths of what has one: data, counters, variables, and what flows out of stages. */
function pathsOf(graph: Graph, flows: readonly StageFlow[]): Map<Value, string> {
  const paths = new Map<Value, string>();
  for (const { name, value } of graph.inputs) paths.set(value, name === "step" ? "t" : name);
  for (const { path, of, value } of graph.variables) {
    if (of === undefined) paths.set(value, path);
  }
  // an outer stage comes after the ones inside, and gives its name to what the last of them gives
  for (const { path: stage, port, value, parameter } of flows) {
    const path = port === "output" ? stage : `${stage}.${port}`;
    const known = paths.get(value);
    const isInner = known !== undefined && known.startsWith(`${path}.`) &&
      sourceNode(value) !== undefined;
    if (parameter === undefined && !isConstant(value) && (known === undefined || isInner)) {
      paths.set(value, path);
    }
  }
  return paths;
}

/** Adds names of values inside stages: `stage.z`, numbered in the order of computing where there are several. */
class InnerNames {
  readonly #named = new Map<string, Value[]>();

  constructor(readonly paths: Map<Value, string>) {}

  add(value: Value, letter: string): void {
    if (this.paths.has(value)) return;
    const path = [sourceNode(value)?.path ?? "", letter].filter((part) => part !== "").join(".");
    const values = [...this.#named.get(path) ?? [], value].sort((a, b) => a.id - b.id);
    this.#named.set(path, values);
    values.forEach((known, i) =>
      this.paths.set(known, values.length === 1 ? path : path + (i + 1))
    );
  }
}

/** The shortest end of each path that no other path ends with. */
function shortNames(paths: ReadonlyMap<Value, string>): Map<Value, string> {
  const counts = new Map<string, number>();
  const endsOf = (path: string) => {
    const parts = path.split(".");
    return parts.map((_, i) => parts.slice(parts.length - 1 - i).join("."));
  };
  for (const path of paths.values()) {
    for (const end of endsOf(path)) counts.set(end, (counts.get(end) ?? 0) + 1);
  }
  return new Map([...paths].map(([value, path]) => [
    value,
    endsOf(path).find((end) => counts.get(end) === 1) ?? path,
  ]));
}

/** Operands without a name that a node does more with than to add them up: what a curve is applied to. */
function curvedArguments(node: Node, paths: ReadonlyMap<Value, string>): Value[] {
  if (node.op.kind === "movement" || node.op.kind === "reduction" || isSeenThrough(node)) return [];
  return node.inputs.filter((_, i) => !isLinear(node, i))
    .map((input) => seeThrough(input, (at) => paths.has(at)))
    .filter((value) => !paths.has(value));
}

/** Tells whether an elementwise node is a straight line in one of its operands. */
export function isLinear({ op, inputs, params }: Node, operand: number): boolean {
  if (op.kind !== "elementwise") return false;
  const loads = inputs.map(({ spec }, i) => scalar.load(i, scalar.scalarTypeOf(spec.dtype)));
  return degreeOf(op.formula(loads, params), operand) <= 1;
}

/** 0 where an expression does not depend on the operand, 1 where it is linear in it, else 2. */
function degreeOf(
  formula: Scalar,
  operand: number,
  memo: Map<Scalar, number> = new Map(),
): number {
  const known = memo.get(formula);
  if (known !== undefined) return known;
  const degrees = scalar.partsOf(formula).map((part) => degreeOf(part, operand, memo));
  const degree = formula.kind === "load"
    ? Number(formula.operand === operand)
    : combinedDegree(formula, degrees);
  memo.set(formula, degree);
  return degree;
}

function combinedDegree(formula: Scalar, degrees: readonly number[]): number {
  const highest = Math.max(0, ...degrees);
  if (highest === 0 || formula.kind === "cast") return highest;
  if (formula.kind === "unary") return formula.operator === "neg" ? highest : 2;
  if (formula.kind !== "binary") return 2;
  const [a, b] = degrees as [number, number];
  if (formula.operator === "add" || formula.operator === "sub") return highest;
  if (formula.operator === "mul") return Math.min(2, a + b);
  return formula.operator === "div" && b === 0 ? a : 2;
}

/** Tells whether a node makes many numbers out of counters: random ones. */
function isDraw({ op, inputs, output }: Node): boolean {
  return op.kind === "elementwise" && inputs.length > 0 && sizeOf(output.spec.shape) > 1 &&
    inputs.every(({ spec }) => spec.dtype === "u32" && spec.shape.length === 0);
}

/** Values that several nodes of their own stage read. */
function sharedValues(nodes: readonly Node[], paths: ReadonlyMap<Value, string>): Value[] {
  const readers = new Map<Value, Set<Node>>();
  for (const node of nodes) {
    if (isSeenThrough(node)) continue;
    for (const input of node.inputs) {
      const value = seeThrough(input, (at) => paths.has(at));
      const source = sourceNode(value);
      if (source === undefined || source.path !== node.path || source.inputs.length === 0) continue;
      if (!readers.has(value)) readers.set(value, new Set());
      readers.get(value)!.add(node);
    }
  }
  return [...readers].filter(([value, by]) => by.size > 1 && !paths.has(value))
    .map(([value]) => value);
}

/** The longest part of an equation that is too long for a line. */
function partOfLongest(nodes: readonly Node[], notation: Notation): Value | undefined {
  const { names } = notation;
  for (const { output } of nodes) {
    if (!names.has(output) || notation.text(output).length <= longest) continue;
    const parts = [...partsOf(output, names)]
      .map((value) => ({ value, length: notation.text(value).length }))
      .filter(({ length }) => length > 12 && length <= longest)
      .sort((a, b) => b.length - a.length);
    if (parts[0] !== undefined) return parts[0].value;
  }
  return undefined;
}

/** Values without a name that a value is made of. */
function partsOf(
  value: Value,
  names: ReadonlyMap<Value, string>,
  found: Set<Value> = new Set(),
): ReadonlySet<Value> {
  for (const input of sourceNode(value)?.inputs ?? []) {
    const at = seeThrough(input, (seen) => names.has(seen));
    const isPart = !names.has(at) && sourceNode(at)?.backward === false && !isConstant(at);
    if (!isPart || found.has(at)) continue;
    found.add(at);
    partsOf(at, names, found);
  }
  return found;
}

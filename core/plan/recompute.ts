/**
 * Clusters -> clusters: what is cheaper to compute again than to write and to read is computed again
 * by its readers. A mask that a backward pass reads is a comparison of an activation that is kept
 * anyway; labels converted to numbers, or spread to one-hot vectors, are a byte a row; what an
 * optimizer computes of the step number is one number, needed once a kernel.
 *
 * Memory never grows by it: a reader reads, in place of a value, at most one tensor that is no larger
 * and was read or kept where the value was made.
 *
 * @module
 */
import { elementBytes } from "../tensor/mod.ts";
import { type Scalar, scalar, type Value } from "../graph/mod.ts";
import {
  anchorBases,
  type Cluster,
  compactLoads,
  lengthOf,
  neededOf,
  operandOf,
  operandsIn,
} from "./cluster.ts";
import type { Rules } from "./clusters.ts";
import { type Formula, seenThrough } from "./formula.ts";
import { type Load, rowMajorView } from "./views.ts";

/** Instructions up to which an element is computed again rather than read. */
const mostPerElement = 8;

/** Instructions up to which a number is computed again, once by each kernel that reads it. */
const mostPerKernel = 300;

/** What must be as it is. */
export interface RecomputeOptions {
  /** Values that must be in memory at the end. */
  readonly stored: ReadonlySet<Value>;
  /** Values that are kept if they are read. */
  readonly sealed: ReadonlySet<Value>;
  /** Variables that the step overwrites: nothing more is made to read them. */
  readonly updated: ReadonlySet<Value>;
  readonly rules: Rules;
}

/** Lets readers compute what they read, where that is cheap. */
export function recompute(
  clusters: readonly Cluster[],
  options: RecomputeOptions,
): void {
  const { clusters: needed, demanded } = neededOf(clusters, options.stored);
  const readers = readersOf(needed, demanded);
  for (const cluster of needed) {
    for (const value of [...cluster.members.keys()]) {
      const mayGo = demanded.has(value) && !options.stored.has(value) &&
        !options.sealed.has(value);
      const reading = readers.get(value);
      if (!mayGo || reading === undefined) continue;
      const formula = formulaOf(value, cluster, { demanded, ...options });
      if (formula === undefined || !isCheap(value, formula, reading)) continue;
      if (![...reading].every((reader) => canRead(reader, value, formula))) continue;
      for (const reader of reading) {
        const again = cluster.steps.filter((step) => step.value === value);
        reader.steps.unshift(...again.map((step) => ({ ...step, node: undefined })));
        inline(reader, value, { formula, rules: options.rules });
        for (const { base } of formula.loads) addReader(readers, base, reader);
      }
      demanded.delete(value);
      readers.delete(value);
    }
  }
}

function readersOf(
  clusters: readonly Cluster[],
  demanded: ReadonlySet<Value>,
): Map<Value, Set<Cluster>> {
  const readers = new Map<Value, Set<Cluster>>();
  for (const cluster of clusters) {
    const expressions = [...cluster.members].filter(([value]) => demanded.has(value));
    for (const operand of operandsIn(expressions.map(([, expression]) => expression))) {
      addReader(readers, cluster.loads[operand]!.base, cluster);
    }
    for (const base of anchorBases(cluster)) addReader(readers, base, cluster);
  }
  return readers;
}

function addReader(readers: Map<Value, Set<Cluster>>, base: Value, reader: Cluster): void {
  const known = readers.get(base);
  if (known === undefined) readers.set(base, new Set([reader]));
  else known.add(reader);
}

/** A value over what is in memory anyway: over other values of its cluster, or what that loads. */
function formulaOf(
  value: Value,
  { members, shape, loads }: Cluster,
  { demanded, updated }: RecomputeOptions & { readonly demanded: ReadonlySet<Value> },
): Formula | undefined {
  const kept = new Map<Scalar, Value>();
  for (const [member, expression] of members) {
    if (member !== value && demanded.has(member)) kept.set(expression, member);
  }
  const used: Load[] = [];
  const root = members.get(value)!;
  const memo = new Map<Scalar, Scalar | undefined>();
  const visit = (part: Scalar): Scalar | undefined => {
    if (memo.has(part)) return memo.get(part);
    const made = over(part);
    memo.set(part, made);
    return made;
  };
  const over = (part: Scalar): Scalar | undefined => {
    const member = part === root ? undefined : kept.get(part);
    if (member !== undefined) {
      return scalar.load(operandOf(used, { base: member, view: rowMajorView(shape) }), part.type);
    }
    if (part.kind === "anchor") return undefined;
    if (part.kind === "load") {
      const load = loads[part.operand]!;
      return updated.has(load.base) ? undefined : scalar.load(operandOf(used, load), part.type);
    }
    const parts = scalar.partsOf(part).map(visit);
    return parts.includes(undefined) ? undefined : scalar.withParts(part, parts as Scalar[]);
  };
  const expression = visit(root);
  return expression === undefined ? undefined : { shape, loads: used, expression };
}

/** Whether readers should compute a value rather than read it. */
function isCheap(value: Value, { expression, loads }: Formula, readers: ReadonlySet<Cluster>) {
  const tensors = loads.filter(({ base }) => lengthOf(base) > 1);
  const isNumber = lengthOf(value) === 1 && tensors.length === 0 &&
    [...readers].every(({ anchor }) => anchor?.kind !== "op");
  if (costOf([expression]) > (isNumber ? mostPerKernel : mostPerElement)) return false;
  return tensors.length <= 1 && tensors.every(({ base }) => bytesOf(base) <= bytesOf(value));
}

function bytesOf(value: Value): number {
  return lengthOf(value) * elementBytes(value.spec.dtype);
}

/** Whether every load of a value by a cluster can be a formula. */
function canRead({ anchor, loads, members }: Cluster, value: Value, formula: Formula): boolean {
  const isSeen = ({ base, view }: Load) => base !== value || seenThrough(formula, view) !== null;
  if (anchor?.kind === "op" && anchor.operands.some(({ base }) => base === value)) return false;
  return !members.has(value) && loads.every(isSeen) &&
    (anchor?.kind !== "reduce" || anchor.loads.every(isSeen));
}

/** Puts a formula in the place of a cluster's loads of a value. */
function inline(
  cluster: Cluster,
  value: Value,
  { formula, rules }: { readonly formula: Formula; readonly rules: Rules },
): void {
  const replacer = (loads: Load[]) => {
    const replaced = new Map<number, Scalar>();
    [...loads].forEach(({ base, view }, operand) => {
      if (base !== value) return;
      const seen = seenThrough(formula, view)!;
      const own = seen.loads.map((load) => operandOf(loads, load));
      replaced.set(
        operand,
        scalar.substitute(
          seen.expression,
          (leaf) => leaf.kind === "load" ? scalar.load(own[leaf.operand]!, leaf.type) : leaf,
        ),
      );
    });
    return (leaf: Scalar) => leaf.kind === "load" ? replaced.get(leaf.operand) ?? leaf : leaf;
  };
  const { anchor, loads, members } = cluster;
  if (anchor?.kind === "reduce" && anchor.loads.some(({ base }) => base === value)) {
    const all = [...anchor.loads];
    const body = rules.substitute(anchor.body, replacer(all));
    const used = compactLoads(all, [body]);
    cluster.anchor = { ...anchor, loads: used.loads, body: used.expressions[0]! };
  }
  const replace = replacer(loads);
  const memo = new Map<Scalar, Scalar>();
  for (const [member, expression] of members) {
    members.set(member, rules.substitute(expression, replace, memo));
  }
}

/** Instructions of expressions, about: a shared part counts once. */
export function costOf(expressions: readonly Scalar[]): number {
  const seen = new Set<Scalar>();
  const visit = (part: Scalar): number => {
    if (seen.has(part)) return 0;
    seen.add(part);
    return scalar.partsOf(part).reduce((sum, inner) => sum + visit(inner), ownCost(part));
  };
  return expressions.reduce((sum, expression) => sum + visit(expression), 0);
}

function ownCost(part: Scalar): number {
  switch (part.kind) {
    case "unary":
      return ["exp", "log", "tanh", "sin", "cos", "erf"].includes(part.operator) ? 25 : 1;
    case "binary":
      return part.operator === "pow" ? 60 : 1;
    case "select":
    case "cast":
      return 1;
    default:
      return 0;
  }
}

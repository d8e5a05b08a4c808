/**
 * Clusters -> clusters: what is cheaper to compute again than to write and to read is computed again
 * by its readers. A mask that a backward pass reads is a comparison of an activation that is kept
 * anyway; labels converted to numbers, or spread to one-hot vectors, are a byte a row; what an
 * optimizer computes of the step number is one number, needed once a kernel.
 *
 * Memory hardly grows by it: a reader reads, in place of a value, at most one tensor that is no larger
 * and was read or kept where the value was made, and few numbers that are repeated along it, as the
 * means that a normalization takes off.
 *
 * The operands of ops with loops of their own are no exception where the device's kernel computes them
 * as it reads them: images of bytes, scaled by each product that reads them, are in no memory as floats.
 * Such a kernel may compute an element many times, so what that takes is weighed against what writing
 * and reading it takes, by the device's own estimate (`paysAsOperand`).
 *
 * @module
 */
import { elementBytes, sizeOf } from "../tensor/mod.ts";
import { costOf, ownCost, type Scalar, scalar, type Value } from "../graph/mod.ts";
import {
  anchorLoads,
  type Cluster,
  compactLoads,
  lengthOf,
  type NeededCluster,
  neededOf,
  type OperandFormula,
  operandLoads,
  operandOf,
} from "./cluster.ts";
import type { Rules } from "./clusters.ts";
import { type Formula, seenThrough } from "./formula.ts";
import type { Precision } from "./precision.ts";
import type { Target } from "./target.ts";
import { type Load, rowMajorView } from "./views.ts";

/** Instructions up to which an element is computed again rather than read. */
const mostPerElement = 8;

/** How often a tensor's numbers are at least repeated along a value where they count for nothing. */
const leastRepetition = 8;

/** Instructions up to which a number is computed again, once by each kernel that reads it. */
const mostPerKernel = 300;

/** What must be as it is. */
export interface RecomputeOptions {
  /** Values that must be in memory at the end. */
  readonly stored: ReadonlySet<Value>;
  /** Values that are kept if they are read. */
  isSealed(value: Value): boolean;
  /** Variables that the step overwrites: nothing more is made to read them. */
  readonly updated: ReadonlySet<Value>;
  readonly rules: Rules;
  readonly target: RecomputeTarget;
  /** How floats that contractions read are stored. */
  readonly precision: Precision;
}

/** The traits of a device that tell what is computed again. */
export type RecomputeTarget = Pick<Target, "operandReads" | "estimateNs" | "elementBytes">;

/** Lets readers compute what they read, where that is cheap. Gives the clusters that are left. */
export function recompute(
  needed: readonly NeededCluster[],
  options: RecomputeOptions,
): readonly NeededCluster[] {
  const demanded = new Set(options.stored);
  const readers = new Map<Value, Set<Cluster>>();
  for (const { cluster, bases } of needed) {
    for (const base of bases) {
      demanded.add(base);
      addReader(readers, base, cluster);
    }
  }
  let isChanged = false;
  for (const { cluster, results } of needed) {
    for (const value of results) {
      const reading = readers.get(value);
      if (reading === undefined || options.stored.has(value) || options.isSealed(value)) continue;
      const formula = formulaOf(value, cluster, { demanded, ...options });
      if (formula === undefined || !isCheap(value, formula, reading)) continue;
      const { target, precision } = options;
      if (![...reading].every((reader) => canRead(reader, value, { formula, target }))) continue;
      const isAlone = results.every((other) => other === value || !demanded.has(other));
      const weighed = { readers: reading, isAlone, target, precision };
      if (!paysAsOperand(value, formula, weighed)) continue;
      const again = cluster.steps.filter((step) => step.value === value);
      for (const reader of reading) {
        reader.steps.unshift(...again.map((step) => ({ ...step, node: undefined })));
        inline(reader, value, { formula, rules: options.rules });
        for (const { base } of formula.loads) addReader(readers, base, reader);
      }
      demanded.delete(value);
      readers.delete(value);
      isChanged = true;
    }
  }
  return isChanged ? neededOf(needed.map(({ cluster }) => cluster), options.stored) : needed;
}

function addReader(readers: Map<Value, Set<Cluster>>, base: Value, reader: Cluster): void {
  const known = readers.get(base);
  if (known === undefined) readers.set(base, new Set([reader]));
  else known.add(reader);
}

/**
 * A value over what is in memory anyway: over other values of its cluster, or what that loads;
 * `undefined` where that takes the anchor, or more than any reader would compute.
 */
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
  const memo = new Map<Scalar, Scalar>();
  let left = lengthOf(value) === 1 ? mostPerKernel : mostPerElement;
  const visit = (part: Scalar): Scalar | undefined => {
    const known = memo.get(part);
    if (known !== undefined) return known;
    const made = over(part);
    if (made !== undefined) memo.set(part, made);
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
    left -= ownCost(part);
    if (left < 0) return undefined;
    let isWhole = true;
    const made = scalar.mapParts(part, (inner) => {
      const own = isWhole ? visit(inner) : undefined;
      isWhole = own !== undefined;
      return own ?? inner;
    });
    return isWhole ? made : undefined;
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
  const large = tensors.filter(({ base }) => leastRepetition * bytesOf(base) > bytesOf(value));
  return large.length <= 1 && large.every(({ base }) => bytesOf(base) <= bytesOf(value));
}

function bytesOf(value: Value): number {
  return lengthOf(value) * elementBytes(value.spec.dtype);
}

/** How often an op computes a value that is some of its operands, on the whole; 0 where it is none. */
function operandReads(
  value: Value,
  { anchor }: Cluster,
  target: Pick<RecomputeTarget, "operandReads">,
): number {
  if (anchor?.kind !== "op") return 0;
  const { op, params, operands } = anchor;
  const inputs = operands.map((operand) =>
    "base" in operand
      ? { shape: operand.view.shape, dtype: operand.base.spec.dtype }
      : { shape: operand.shape, dtype: operand.dtype }
  );
  return operands.reduce((times, operand, number) => {
    if (!operandLoads(operand).some(({ base }) => base === value)) return times;
    // of a formula, nothing more is computed
    if (!("base" in operand)) return Infinity;
    const share = sizeOf(operand.view.shape) / lengthOf(value);
    return times + share * target.operandReads(op, { operand: number, inputs, params });
  }, 0);
}

/**
 * Whether a value that ops have as operand takes less time computed by its readers than written and
 * read: bytes and operations weighed by the device's estimate.
 */
function paysAsOperand(
  value: Value,
  { expression, loads }: Formula,
  { readers, isAlone, target, precision }: {
    readonly readers: ReadonlySet<Cluster>;
    /** Whether the kernel that computes it would be gone. */
    readonly isAlone: boolean;
    readonly target: RecomputeTarget;
    readonly precision: Precision;
  },
): boolean {
  const all = [...readers];
  if (all.every((reader) => operandReads(value, reader, target) === 0)) return true;
  const nothing = target.estimateNs({ flops: 0, bytes: 0 });
  const moving = (bytes: number) => target.estimateNs({ flops: 0, bytes }) - nothing;
  const computing = (flops: number) => target.estimateNs({ flops, bytes: 0 }) - nothing;
  const stored = ({ spec: { shape, dtype } }: Value) => sizeOf(shape) * target.elementBytes(dtype);
  const isHalf = precision === "mixed" && value.spec.dtype === "f32";
  const own = isHalf ? 2 * lengthOf(value) : stored(value);
  // what would be kept in 16 bits is smaller than the floats that it is computed of
  if (loads.some(({ base }) => stored(base) > own)) return false;
  const read = loads.reduce((sum, { base }) => sum + stored(base), 0);
  const once = lengthOf(value) * costOf([expression]);
  const making = isAlone ? target.estimateNs({ flops: once, bytes: own + read }) : moving(own);
  const again = all.reduce((sum, reader) => {
    const times = operandReads(value, reader, target) || 1;
    return sum + moving(read) - moving(own) + computing(times * once);
  }, 0);
  return again < making;
}

/** Whether every load of a value by a cluster can be a formula. */
function canRead(
  cluster: Cluster,
  value: Value,
  { formula, target }: { readonly formula: Formula; readonly target: RecomputeTarget },
): boolean {
  const { anchor, loads, members } = cluster;
  const isSeen = ({ base, view }: Load) => base !== value || seenThrough(formula, view) !== null;
  if (members.has(value) || !loads.every(isSeen) || !anchorLoads(cluster).every(isSeen)) {
    return false;
  }
  const isOperand = anchor?.kind === "op" &&
    anchorLoads(cluster).some(({ base }) => base === value);
  return !isOperand || (isOfLoads(formula) && operandReads(value, cluster, target) < Infinity);
}

/** Whether a formula tells elements by what it loads alone, wherever they are. */
function isOfLoads({ expression, loads }: Formula): boolean {
  const isTold = (part: Scalar): boolean =>
    part.kind !== "index" && part.kind !== "position" && scalar.partsOf(part).every(isTold);
  return loads.length > 0 && isTold(expression);
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
  if (anchor?.kind === "op") {
    const operands = anchor.operands.map((operand): Load | OperandFormula => {
      if (!("base" in operand) || operand.base !== value) return operand;
      const seen = seenThrough(formula, operand.view)!;
      return { ...seen, expression: rules.simplify(seen.expression), dtype: value.spec.dtype };
    });
    cluster.anchor = { ...anchor, operands };
  }
  const replace = replacer(loads);
  const memo = new Map<Scalar, Scalar>();
  for (const [member, expression] of members) {
    members.set(member, rules.substitute(expression, replace, memo));
  }
}

/**
 * Values that lie one behind the other without being copied: what an op only joins is computed where
 * the joint value has it, and the joining is gone. Along the outermost axis each operand is a range of
 * the joint value; along another one, as the gates of a recurrence are joined, it is blocks of it that
 * lie apart, and has no buffer of its own.
 *
 * @module
 */
import { rowMajorStrides, type Shape, sizeOf } from "../tensor/mod.ts";
import { reshapeView, type Value, type View } from "../graph/mod.ts";
import { anchorLoads, type FusedKernel } from "./cluster.ts";
import type { Target } from "./target.ts";
import { isWhole, type Load } from "./views.ts";

/** Where a value lies within another one. */
export interface Part {
  readonly of: Value;
  /** Bytes from its beginning. */
  readonly byteOffset: number;
}

/** What is left of kernels when joinings are gone. */
export interface Joined {
  readonly kernels: readonly FusedKernel[];
  /** The values that lie within others, which are no parts themselves. */
  readonly parts: ReadonlyMap<Value, Part>;
}

/**
 * Takes out the kernels that only join what other kernels compute, where the joint value is free of
 * its own place and each operand can be computed at its place there; or where all operands lie one
 * behind the other already, as those of a recurrence do that two ops join.
 *
 * @param isPlaced Whether a value has a place already: then it is not moved.
 */
export function joinInPlace(
  kernels: readonly FusedKernel[],
  { isPlaced, target }: { readonly isPlaced: (value: Value) => boolean; readonly target: Target },
): Joined {
  if (!target.fuses) return { kernels, parts: new Map() };
  const parts = new Map<Value, Part>();
  const blocks = new Map<Value, Block>();
  const written = new Set<Value>();
  const writers = new Map<Value, FusedKernel>();
  const reads = readsOf(kernels);
  const left = kernels.filter((kernel) => {
    const joining = joinedBy(kernel);
    const [result] = kernel.results;
    const isGone = joining !== null && !isPlaced(result!.value) &&
      (joining.isOutermost ? join : joinBlocks)(result!.value, joining);
    for (const { value } of isGone ? [] : kernel.results) {
      written.add(value);
      writers.set(value, kernel);
    }
    return !isGone;
  });
  return { kernels: left.map((kernel) => withBlocks(kernel, blocks)), parts };

  function mayMove(bases: readonly Value[]): boolean {
    return new Set(bases).size === bases.length &&
      bases.every((base) => written.has(base) && !isPlaced(base) && !parts.has(base));
  }

  function join(whole: Value, { loads }: Joining): boolean {
    const places = placesOf(whole, loads.map(({ view }) => view.shape));
    const bases = loads.map(({ base }) => base);
    const [first] = bases.map((base) => parts.get(base));
    const liesThere = first !== undefined && bases.every((base, i) => {
      const part = parts.get(base);
      return part?.of === first.of && part.byteOffset === first.byteOffset + places[i]!;
    });
    if (liesThere) {
      parts.set(whole, first);
      return true;
    }
    const moves = mayMove(bases) && places.every((place) => place % target.alignment === 0);
    if (moves) bases.forEach((of, i) => parts.set(of, { of: whole, byteOffset: places[i]! }));
    return moves;
  }

  /** Lets kernels write operands that nothing else reads as blocks of the joint value. */
  function joinBlocks(whole: Value, { loads, axis }: Joining): boolean {
    const bases = loads.map(({ base }) => base);
    if (!mayMove(bases)) return false;
    // what is joined of blocks itself is written by several kernels
    if (bases.some((base) => reads.get(base) !== 1 || !writers.has(base))) return false;
    const strides = rowMajorStrides(whole.spec.shape);
    let offset = 0;
    const views = loads.map(({ base, view: { shape } }) => {
      const view = reshapeView({ shape, strides, offset }, writers.get(base)!.cluster.shape);
      offset += shape[axis]! * strides[axis]!;
      return view;
    });
    if (!views.every((view) => view !== null && hasRows(view))) return false;
    views.forEach((view, i) => blocks.set(bases[i]!, { of: whole, view: view! }));
    written.add(whole);
    return true;
  }

  /** Bytes before each operand. */
  function placesOf({ spec: { dtype } }: Value, shapes: readonly Shape[]): number[] {
    let before = 0;
    return shapes.map((shape) => {
      const place = before;
      before += sizeOf(shape) * target.elementBytes(dtype);
      return place;
    });
  }
}

/** The places of a joint value at which a kernel writes an operand, over the kernel's own shape. */
interface Block {
  readonly of: Value;
  readonly view: View;
}

function withBlocks(kernel: FusedKernel, blocks: ReadonlyMap<Value, Block>): FusedKernel {
  if (!kernel.results.some(({ value }) => blocks.has(value))) return kernel;
  const results = kernel.results.map((result) => {
    const block = blocks.get(result.value);
    return block === undefined ? result : { ...result, value: block.of, block: block.view };
  });
  return { ...kernel, results };
}

/** Whether neighbours along the last axis lie side by side: kernels store several at once. */
function hasRows({ shape, strides }: View): boolean {
  const last = shape.findLastIndex((size) => size !== 1);
  return last < 0 || strides[last] === 1;
}

/** How often each value is read. */
function readsOf(kernels: readonly FusedKernel[]): Map<Value, number> {
  const reads = new Map<Value, number>();
  for (const { cluster, loads } of kernels) {
    for (const { base } of [...loads, ...anchorLoads(cluster)]) {
      reads.set(base, (reads.get(base) ?? 0) + 1);
    }
  }
  return reads;
}

/** What a kernel joins, and does nothing else. */
interface Joining {
  readonly loads: readonly Load[];
  readonly axis: number;
  /** Whether the operands lie one behind the other. */
  readonly isOutermost: boolean;
}

function joinedBy({ cluster: { anchor }, results }: FusedKernel): Joining | null {
  if (anchor?.kind !== "op" || anchor.op.kind !== "opaque" || anchor.op.joins === undefined) {
    return null;
  }
  const axis = anchor.op.joins(anchor.params);
  const isOutermost = anchor.output.shape.slice(0, axis).every((size) => size === 1);
  const isPlain = results.length === 1 && results[0]!.expression.kind === "anchor";
  const loads = anchor.operands.filter((operand) => "base" in operand);
  const isInMemory = loads.length === anchor.operands.length && loads.every(isWhole);
  return isPlain && isInMemory ? { loads, axis, isOutermost } : null;
}

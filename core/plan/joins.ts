/**
 * Values that lie one behind the other without being copied: what an op only joins is computed where
 * the joint value has it, and the joining is gone.
 *
 * @module
 */
import { type Shape, sizeOf } from "../tensor/mod.ts";
import type { Value } from "../graph/mod.ts";
import type { FusedKernel } from "./cluster.ts";
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
  const written = new Set<Value>();
  const left = kernels.filter((kernel) => {
    const loads = joinedBy(kernel);
    const [result] = kernel.results;
    const isGone = loads !== null && !isPlaced(result!.value) && join(result!.value, loads);
    if (!isGone) { for (const { value } of kernel.results) written.add(value); }
    return !isGone;
  });
  return { kernels: left, parts };

  function join(whole: Value, loads: readonly Load[]): boolean {
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
    const mayMove = new Set(bases).size === bases.length &&
      bases.every((base) => written.has(base) && !isPlaced(base) && !parts.has(base)) &&
      places.every((place) => place % target.alignment === 0);
    if (mayMove) bases.forEach((of, i) => parts.set(of, { of: whole, byteOffset: places[i]! }));
    return mayMove;
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

/** What a kernel joins, and does nothing else; `null` where it does, or they lie not one behind the other. */
function joinedBy({ cluster: { anchor }, results }: FusedKernel): readonly Load[] | null {
  if (anchor?.kind !== "op" || anchor.op.kind !== "opaque" || anchor.op.joins === undefined) {
    return null;
  }
  const axis = anchor.op.joins(anchor.params);
  const isOutermost = anchor.output.shape.slice(0, axis).every((size) => size === 1);
  const isPlain = results.length === 1 && results[0]!.expression.kind === "anchor";
  return isOutermost && isPlain && anchor.operands.every(isWhole) ? anchor.operands : null;
}

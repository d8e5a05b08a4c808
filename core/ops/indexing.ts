/**
 * What gather and scatterAdd share: a *table* `[...outer, size, ...inner]` whose slices along one axis
 * are named by a *list* of indices, `[...list]`.
 *
 * @module
 */
import { formatSpec, type Shape, type TensorSpec } from "../tensor/mod.ts";
import type { Value } from "../graph/mod.ts";
import { cast } from "./cast.ts";
import { equal } from "./compare.ts";
import { iota } from "./iota.ts";
import { reshape } from "./reshape.ts";

/**
 * Demands whole numbers as indices, and an axis that the table has.
 *
 * @throws {TypeError} When the indices are floats.
 * @throws {RangeError} When the axis is out of range.
 */
export function requireIndices(
  action: string,
  indices: TensorSpec,
  { axis, rank }: { readonly axis: number; readonly rank: number },
): void {
  if (indices.dtype === "f32") {
    throw new TypeError(
      `Cannot ${action}: received indices of ${formatSpec(indices)}, expected dtype i32, u32 or u8`,
    );
  }
  if (!Number.isInteger(axis) || axis < 0 || axis >= rank) {
    throw new RangeError(`Cannot ${action}: received axis ${axis}, expected 0 to ${rank - 1}`);
  }
}

/**
 * Calls `meet` for every index that is in range, in ascending order of its place in the list, with the
 * numbers of the two slices that it pairs, counted through the outer axes.
 */
export function eachIndex(
  indices: Float64Array,
  { outer, size }: { readonly outer: number; readonly size: number },
  meet: (slices: { readonly inTable: number; readonly inList: number }) => void,
): void {
  for (let o = 0; o < outer; o++) {
    for (const [i, index] of indices.entries()) {
      if (index < 0 || index >= size) continue;
      meet({ inTable: o * size + index, inList: o * indices.length + i });
    }
  }
}

/** Indices in a dtype with arithmetic. */
export function wideIndices(indices: Value): Value {
  return indices.spec.dtype === "u8" ? cast(indices, "u32") : indices;
}

/**
 * 1 where an index names a slice of the table, else 0, in a shape that broadcasts over the outer and
 * inner axes.
 *
 * @param options `shape`: that of the table; `axis`: the one whose slices are named; `sizeAxis`: where
 * it stands in the mask, before the list (`axis`) or behind it.
 */
export function indexMask(
  indices: Value,
  { shape, axis, sizeAxis }: {
    readonly shape: Shape;
    readonly axis: number;
    readonly sizeAxis: number;
  },
): Value {
  const wide = wideIndices(indices);
  const list = indices.spec.shape;
  const outer = shape.slice(0, axis).map(() => 1);
  const inner = shape.slice(axis + 1).map(() => 1);
  const named = [...outer, ...list].toSpliced(sizeAxis, 0, 1);
  const coordinate = iota(indices.builder, {
    shape: [...named.map(() => 1), ...inner].with(sizeAxis, shape[axis]!),
    axis: sizeAxis,
    dtype: wide.spec.dtype === "i32" ? "i32" : "u32",
  });
  return equal(reshape(wide, [...named, ...inner]), coordinate);
}

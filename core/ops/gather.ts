/**
 * Slices of a tensor, chosen by their numbers along an axis: rows of a table of embeddings.
 *
 * @module
 */
import { type DType, formatSpec, normalizeAxes, sizeOf } from "../tensor/mod.ts";
import type { OpaqueOp, Value } from "../graph/mod.ts";
import { cast } from "./cast.ts";
import { greaterEqual, less } from "./compare.ts";
import { defineOp, fillOp } from "./define_op.ts";
import { eachIndex, indexMask, requireIndices, wideIndices } from "./indexing.ts";
import { mul } from "./mul.ts";
import { reduceSum } from "./reduce_sum.ts";
import { reshape } from "./reshape.ts";
import { scatterAdd } from "./scatter_add.ts";
import { where } from "./where.ts";

/** Along which axis, and what stands for slices that are not there. */
export interface GatherParams {
  /** Number of the axis, from 0. */
  readonly axis: number;
  /** Every element of a slice whose index is out of range. */
  readonly fillValue: number;
}

/** `y[…, i, …] = x[…, indices[i], …]` along an axis */
export const gatherOp: OpaqueOp<GatherParams> = defineOp<GatherParams>({
  name: "gather",
  kind: "opaque",
  infer([x, indices], { axis, fillValue }) {
    const action = `gather from ${formatSpec(x!)} by ${formatSpec(indices!)}`;
    requireIndices(action, indices!, { axis, rank: x!.shape.length });
    const { dtype } = fillOp.infer([], { value: fillValue, dtype: x!.dtype });
    return { shape: x!.shape.toSpliced(axis, 1, ...indices!.shape), dtype };
  },
  reference({ inputs: [x, indices], output, params: { axis, fillValue } }) {
    const size = x!.shape[axis]!;
    const inner = sizeOf(x!.shape.slice(axis + 1));
    output.data.fill(fillValue);
    eachIndex(
      indices!.data,
      { outer: sizeOf(x!.shape.slice(0, axis)), size },
      ({ inTable, inList }) => {
        const slice = x!.data.subarray(inTable * inner, (inTable + 1) * inner);
        output.data.set(slice, inList * inner);
      },
    );
  },
  // along the axis, the one element is summed whose coordinate is the index
  decompose([x, indices], { axis, fillValue }) {
    const { shape, dtype } = x!.spec;
    const list = indices!.spec.shape;
    const [outer, inner] = [shape.slice(0, axis), shape.slice(axis + 1)];
    const table = dtype === "u8" ? cast(x!, "u32") : x!;
    const meets = indexMask(indices!, { shape, axis, sizeAxis: axis + list.length });
    const ones = list.map(() => 1);
    const spread = reshape(table, [...outer, ...ones, shape[axis]!, ...inner]);
    const chosen = reduceSum(where(meets, spread, 0), { axes: [axis + list.length] });
    const wide = wideIndices(indices!);
    const isInside = reshape(
      mul(greaterEqual(wide, 0), less(wide, shape[axis]!)),
      [...list, ...inner.map(() => 1)],
    );
    return where(isInside, cast(chosen, dtype), fillValue);
  },
  // ∂y[i]/∂x[j] = [indices[i] = j]: every slice of x gets the cotangents of all that were taken from it
  vjp({ inputs: [x, indices], cotangent, params: { axis } }) {
    return [scatterAdd(cotangent, indices!, { axis, size: x!.spec.shape[axis]! }), null];
  },
  format: ([x, indices], { axis, fillValue }) =>
    `gather(${x}, ${indices}, axis ${axis}${
      Number.isNaN(fillValue) ? "" : `, ${fillValue} outside`
    })`,
});

/** Options of {@linkcode gather}. */
export interface GatherOptions {
  /** The axis, a negative one from the end; the first by default. */
  readonly axis?: number;
  /**
   * Every element of a slice whose index is out of range. By default what is seen to be no element:
   * NaN, for i32 the least number, for u32 and u8 the greatest.
   */
  readonly fillValue?: number;
}

/**
 * Slices of x, chosen by their numbers along an axis: with axis 0 `y[i, …] = x[indices[i], …]`, the
 * rows of a table. An index below 0 or beyond the axis is out of range: its slice is `fillValue`, and
 * has no gradient.
 *
 * Shapes: `x [...outer, size, ...inner], indices [...list]` of whole numbers
 * `-> [...outer, ...list, ...inner]`
 *
 * Gradient: `scatterAdd`, to every slice the sum of the cotangents of what was taken from it.
 *
 * Differs: as `jax.numpy.take` with `mode="fill"`, but negative indices do not count from the end;
 * PyTorch's `index_select` refuses an index out of range.
 *
 * @throws {TypeError} When the indices are floats.
 * @throws {RangeError} When the axis is out of range, or x's dtype does not have `fillValue`.
 */
export function gather(
  x: Value,
  indices: Value,
  { axis = 0, fillValue = missing[x.spec.dtype] }: GatherOptions = {},
): Value {
  const [along] = normalizeAxes([axis], x.spec.shape.length);
  return x.builder.apply(gatherOp, [x, indices], { axis: along!, fillValue });
}

const missing: Readonly<Record<DType, number>> = {
  f32: NaN,
  i32: -2147483648,
  u32: 4294967295,
  u8: 255,
};

/**
 * Sums of slices into the places that indices name: the adjoint of gather.
 *
 * @module
 */
import { formatShape, formatSpec, normalizeAxes, sameShape, sizeOf } from "../tensor/mod.ts";
import type { OpaqueOp, Value } from "../graph/mod.ts";
import { defineOp, requireDType } from "./define_op.ts";
import { gather } from "./gather.ts";
import { eachIndex, indexMask, requireIndices } from "./indexing.ts";
import { reduceSum } from "./reduce_sum.ts";
import { reshape } from "./reshape.ts";
import { where } from "./where.ts";

/** Into which axis, and how long it is. */
export interface ScatterAddParams {
  /** Number of the axis, from 0. */
  readonly axis: number;
  /** Number of slices of the result along the axis. */
  readonly size: number;
}

/** `y[…, j, …] = Σ updates[…, i, …]` over the i with `indices[i] = j` */
export const scatterAddOp: OpaqueOp<ScatterAddParams> = defineOp<ScatterAddParams>({
  name: "scatterAdd",
  kind: "opaque",
  infer([updates, indices], { axis, size }) {
    const action = `add ${formatSpec(updates!)} by ${formatSpec(indices!)}`;
    requireDType("scatterAdd", updates!, "f32");
    const rank = indices!.shape.length;
    const list = updates!.shape.slice(axis, axis + rank);
    if (!sameShape(list, indices!.shape)) {
      throw new TypeError(
        `Cannot ${action}: received updates for ${formatShape(list)} from axis ${axis} on, ` +
          `expected ${formatShape(indices!.shape)}, the indices' shape`,
      );
    }
    requireIndices(action, indices!, { axis, rank: updates!.shape.length - rank + 1 });
    if (!Number.isInteger(size) || size < 0) {
      throw new RangeError(
        `Cannot ${action}: received size ${size}, expected an integer of 0 or more`,
      );
    }
    return { shape: updates!.shape.toSpliced(axis, rank, size), dtype: "f32" };
  },
  reference({ inputs: [updates, indices], output, params: { axis, size } }) {
    const inner = sizeOf(output.shape.slice(axis + 1));
    output.data.fill(0);
    eachIndex(
      indices!.data,
      { outer: sizeOf(output.shape.slice(0, axis)), size },
      ({ inTable, inList }) => {
        for (let i = 0; i < inner; i++) {
          output.data[inTable * inner + i]! += updates!.data[inList * inner + i]!;
        }
      },
    );
  },
  // for every coordinate along the axis, the updates whose index it is are summed
  decompose([updates, indices], { axis, size }) {
    const list = indices!.spec.shape;
    const { shape } = updates!.spec;
    const table = shape.toSpliced(axis, list.length, size);
    const meets = indexMask(indices!, { shape: table, axis, sizeAxis: axis });
    const spread = reshape(updates!, shape.toSpliced(axis, 0, 1));
    const axes = list.map((_, i) => axis + 1 + i);
    return reduceSum(where(meets, spread, 0), { axes });
  },
  // ∂y[j]/∂updates[i] = [indices[i] = j]: every update gets the cotangent of where it went, or nothing
  vjp: ({ inputs: [, indices], cotangent, params: { axis } }) => [
    gather(cotangent, indices!, { axis, fillValue: 0 }),
    null,
  ],
  format: ([updates, indices], { axis, size }) =>
    `scatterAdd(${updates}, ${indices}, axis ${axis} of ${size})`,
});

/**
 * Adds slices into zeros, each where its index says: with axis 0
 * `y[j, …] = Σ updates[i, …]` over the i with `indices[i] = j`. An update whose index is below 0, or
 * `size` and more, is dropped.
 *
 * Shapes: `updates [...outer, ...list, ...inner], indices [...list]` of whole numbers
 * `-> [...outer, size, ...inner]`
 *
 * Gradient: `gather`, to every update the cotangent of where it was added; 0 to those dropped.
 *
 * Numerics: updates of one slice are added in the order of their places in the list, one by one.
 *
 * Differs: as PyTorch's `index_add` into zeros, which refuses an index out of range.
 *
 * @param options `axis`: the axis of the result, a negative one from its end, the first by default;
 * `size`: the number of slices along it.
 * @throws {TypeError} When updates are no f32 or have not the list's shape along the axis, or the
 * indices are floats.
 * @throws {RangeError} When the axis is out of range, or size is no integer of 0 or more.
 */
export function scatterAdd(
  updates: Value,
  indices: Value,
  { axis = 0, size }: Pick<ScatterAddParams, "size"> & Partial<ScatterAddParams>,
): Value {
  const rank = updates.spec.shape.length - indices.spec.shape.length + 1;
  // too few axes for the list are the op's own error
  const [along] = normalizeAxes([axis], Math.max(1, rank));
  return updates.builder.apply(scatterAddOp, [updates, indices], { axis: along!, size });
}

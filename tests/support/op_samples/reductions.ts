/**
 * Samples of ops that combine elements along axes.
 *
 * @module
 */
import type { DType, Shape } from "../../../core/tensor/mod.ts";
import type { Op } from "../../../core/graph/mod.ts";
import * as ops from "../../../core/ops/mod.ts";
import { placeOf } from "../evaluate.ts";
import { at, type Draw, mapPlaces, nonFinite, type OpSample, small } from "./sample.ts";

function reductions(
  op: Op<ops.ReductionParams>,
  plain: (group: readonly number[]) => number,
  { empty }: { readonly empty: boolean },
): OpSample[] {
  const cases: readonly { shape: Shape; axes: readonly number[] }[] = [
    { shape: [1], axes: [0] },
    { shape: [3], axes: [0] },
    { shape: [4], axes: [0] },
    { shape: [5], axes: [0] },
    { shape: [37], axes: [0] },
    { shape: [3, 5], axes: [0] },
    { shape: [3, 5], axes: [1] },
    { shape: [4, 4], axes: [0, 1] },
    { shape: [17, 19], axes: [0] },
    { shape: [17, 19], axes: [1] },
    { shape: [2, 3, 4], axes: [1] },
    { shape: [2, 3, 4], axes: [0, 2] },
    { shape: [2, 1, 5, 3], axes: [1, 2] },
    { shape: [0, 3], axes: [1] },
    ...(empty ? [{ shape: [0], axes: [0] }, { shape: [3, 0], axes: [1] }] : []),
  ];
  const make = (
    { shape, axes, dtype, draw, valuesOnly = false }: {
      shape: Shape;
      axes: readonly number[];
      dtype: DType;
      draw: Draw;
      valuesOnly?: boolean;
    },
  ): OpSample => ({
    op,
    params: { axes },
    inputs: [{ shape, dtype, draw }],
    plain: ([x]) => {
      const kept = shape.map((size, axis) => axes.includes(axis) ? 1 : size);
      return mapPlaces(kept, (place) => {
        const group: number[] = [];
        x!.data.forEach((element, i) => {
          const from = placeOf(i, shape);
          if (from.every((at, axis) => axes.includes(axis) || at === place[axis])) {
            group.push(element);
          }
        });
        return plain(group);
      });
    },
    valuesOnly,
  });
  return [
    ...cases.map((given) => make({ ...given, dtype: "f32", draw: small })),
    ...cases.map((given) => make({ ...given, dtype: "i32", draw: { whole: [-99, 99] } })),
    ...cases.map((given) => make({ ...given, dtype: "u32", draw: { whole: [0, 99] } })),
    make({ shape: [4, 5], axes: [1], dtype: "f32", draw: { whole: [0, 1] }, valuesOnly: true }),
    make({ shape: [3, 7], axes: [0], dtype: "f32", draw: nonFinite, valuesOnly: true }),
    make({ shape: [3, 7], axes: [1], dtype: "f32", draw: nonFinite, valuesOnly: true }),
  ];
}

function logSumExps(): OpSample[] {
  const cases: readonly { shape: Shape; axis: number; draw?: Draw; valuesOnly?: boolean }[] = [
    { shape: [1], axis: 0 },
    { shape: [3], axis: 0 },
    { shape: [5], axis: 0 },
    { shape: [3, 4], axis: 0 },
    { shape: [3, 17], axis: 1 },
    { shape: [2, 3, 4], axis: 1 },
    { shape: [0, 3], axis: 1 },
    { shape: [4, 10], axis: 1, draw: { from: 80, to: 120 } },
    { shape: [3, 4], axis: 1, draw: { from: -1000, to: -900 } },
    { shape: [2, 4], axis: 1, draw: { list: [0, -Infinity, 1, 2] }, valuesOnly: true },
    { shape: [2, 3], axis: 1, draw: { list: [-Infinity] }, valuesOnly: true },
    { shape: [7, 3], axis: 1, draw: nonFinite, valuesOnly: true },
  ];
  return cases.map(({ shape, axis, draw = small, valuesOnly = false }): OpSample => ({
    op: ops.logSumExpOp,
    params: { axis },
    inputs: [{ shape, dtype: "f32", draw }],
    // the largest is taken out by hand, and rows are short, so this is exact enough in float64
    plain: ([x]) =>
      mapPlaces(shape.with(axis, 1), (place) => {
        const row = Array.from({ length: shape[axis]! }, (_, i) => at(x!, place.with(axis, i)));
        const largest = Math.max(...row);
        if (!Number.isFinite(largest)) return largest;
        return largest + Math.log(row.reduce((sum, e) => sum + Math.exp(e - largest), 0));
      }),
    valuesOnly,
  }));
}

/** Half the mean of squared differences of all pairs: a definition without a mean. */
function variances(): OpSample[] {
  const plain = (group: readonly number[]) => {
    const differences = group.flatMap((a) => group.map((b) => (a - b) ** 2));
    return differences.reduce((sum, square) => sum + square, 0) / (2 * group.length ** 2);
  };
  return reductions(ops.varianceOp, plain, { empty: true })
    .filter(({ inputs }) => inputs[0]!.dtype === "f32");
}

/** Sums, extrema, variances, and the logarithm of sums of exponentials. */
export const reductionSamples: readonly OpSample[] = [
  ...reductions(ops.reduceSumOp, (group) => group.reduce((sum, x) => sum + x, 0), { empty: true }),
  ...reductions(ops.reduceMaxOp, (group) => Math.max(...group), { empty: false }),
  ...reductions(ops.reduceMinOp, (group) => Math.min(...group), { empty: false }),
  ...variances(),
  ...logSumExps(),
];

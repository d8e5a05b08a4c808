/**
 * Samples of sums of products.
 *
 * @module
 */
import { type Shape, sizeOf } from "../../../core/tensor/mod.ts";
import * as ops from "../../../core/ops/mod.ts";
import type { Block } from "../evaluate.ts";
import {
  at,
  type Draw,
  mapPlaces,
  nonFinite,
  type OpSample,
  type SampleInput,
  small,
} from "./sample.ts";

function matmuls(): OpSample[] {
  const sizes: readonly (readonly [readonly number[], number, number, number])[] = [
    [[], 1, 1, 1],
    [[], 3, 4, 5],
    [[], 5, 3, 1],
    [[], 1, 17, 4],
    [[], 16, 8, 33],
    [[], 0, 3, 4],
    [[], 3, 0, 4],
    [[2], 3, 4, 5],
    [[2, 3], 1, 5, 3],
  ];
  return sizes.flatMap(([lead, m, k, n]) =>
    [[false, false], [true, false], [false, true], [true, true]].map(
      ([transposeLhs, transposeRhs]): OpSample => ({
        op: ops.matmulOp,
        params: { transposeLhs, transposeRhs },
        inputs: [
          { shape: [...lead, ...(transposeLhs ? [k, m] : [m, k])], dtype: "f32", draw: small },
          { shape: [...lead, ...(transposeRhs ? [n, k] : [k, n])], dtype: "f32", draw: small },
        ],
        plain: ([a, b]) =>
          mapPlaces([...lead, m, n], (place) => {
            const [before, i, j] = [place.slice(0, -2), place.at(-2)!, place.at(-1)!];
            let sum = 0;
            for (let p = 0; p < k; p++) {
              sum += at(a!, [...before, ...(transposeLhs ? [p, i] : [i, p])]) *
                at(b!, [...before, ...(transposeRhs ? [j, p] : [p, j])]);
            }
            return sum;
          }),
      }),
    )
  );
}

const unit: Draw = { from: -1, to: 1 };

const none = [[0, 0], [0, 0]] as const;

/** A convolution and its two gradients; the size of the output is given, not computed. */
function convolutions(): OpSample[] {
  const cases: readonly ({
    readonly x: Shape;
    readonly kernel: ops.Pair;
    readonly filters: number;
    readonly out: ops.Pair;
    readonly draw?: Draw;
  } & Partial<ops.Conv2dParams>)[] = [
    { x: [1, 1, 1, 1], kernel: [1, 1], filters: 1, out: [1, 1] },
    { x: [2, 5, 4, 3], kernel: [3, 2], filters: 4, out: [3, 3] },
    { x: [2, 9, 10, 1], kernel: [5, 5], filters: 8, out: [5, 6] },
    { x: [1, 3, 4, 17], kernel: [2, 2], filters: 5, out: [2, 3] },
    { x: [1, 3, 3, 4], kernel: [2, 1], filters: 33, out: [2, 3] },
    { x: [1, 1, 19, 4], kernel: [1, 3], filters: 4, out: [1, 17] },
    { x: [1, 3, 5, 2], kernel: [3, 5], filters: 3, out: [1, 1] },
    { x: [1, 7, 8, 2], kernel: [3, 2], filters: 5, out: [3, 3], strides: [2, 3] },
    { x: [1, 7, 7, 2], kernel: [2, 1], filters: 3, out: [2, 2], strides: [3, 4] },
    { x: [1, 4, 5, 2], kernel: [3, 2], filters: 3, out: [4, 5], padding: [[1, 1], [0, 1]] },
    { x: [1, 1, 2, 2], kernel: [3, 3], filters: 2, out: [3, 2], padding: [[2, 2], [1, 1]] },
    {
      x: [1, 5, 6, 1],
      kernel: [4, 3],
      filters: 2,
      out: [3, 4],
      strides: [2, 2],
      padding: [[2, 1], [1, 2]],
    },
    { x: [1, 7, 5, 2], kernel: [3, 3], filters: 3, out: [3, 3], dilation: [2, 1] },
    {
      x: [1, 6, 6, 1],
      kernel: [2, 2],
      filters: 2,
      out: [3, 6],
      strides: [2, 1],
      padding: [[1, 1], [2, 0]],
      dilation: [3, 2],
    },
    { x: [2, 4, 4, 4], kernel: [3, 3], filters: 6, out: [2, 2], groups: 2 },
    {
      x: [1, 5, 5, 3],
      kernel: [3, 3],
      filters: 6,
      out: [3, 3],
      strides: [2, 2],
      padding: [[1, 1], [1, 1]],
      groups: 3,
    },
    { x: [0, 4, 4, 2], kernel: [3, 3], filters: 3, out: [2, 2] },
    { x: [1, 3, 3, 0], kernel: [2, 2], filters: 2, out: [2, 2] },
    { x: [1, 3, 3, 2], kernel: [2, 2], filters: 0, out: [2, 2] },
    { x: [1, 2, 8, 1], kernel: [1, 2], filters: 1, out: [2, 7], draw: nonFinite },
  ];
  return cases.flatMap(({ x, kernel, filters, out, draw = unit, ...given }): OpSample[] => {
    const params = {
      strides: [1, 1],
      padding: none,
      dilation: [1, 1],
      groups: 1,
      ...given,
    } satisfies ops.Conv2dParams;
    const { strides, padding, dilation, groups } = params;
    const [batch, height, width, channels] = x as [number, number, number, number];
    const weight = [...kernel, channels / groups, filters];
    const y = [batch, ...out, filters];
    const input = (shape: Shape): SampleInput => ({ shape, dtype: "f32", draw });
    /** Every product of the convolution: the places that meet in it. */
    const products = mapPlaces([...y, ...kernel, channels / groups], (place) => place).flatMap(
      ([b, i, j, f, u, v, c]) => {
        const row = i! * strides[0] + u! * dilation[0] - padding[0][0];
        const column = j! * strides[1] + v! * dilation[1] - padding[1][0];
        if (row < 0 || row >= height || column < 0 || column >= width) return [];
        const group = Math.floor(f! / (filters / groups));
        return [{
          x: [b!, row, column, group * (channels / groups) + c!],
          weight: [u!, v!, c!, f!],
          y: [b!, i!, j!, f!],
        }];
      },
    );
    type Side = "x" | "weight" | "y";
    const contract = (shape: Shape, [side, a, b]: readonly [Side, Side, Side]) =>
    (
      [first, second]: readonly Block[],
    ) => {
      const sums = new Float64Array(sizeOf(shape));
      for (const product of products) {
        const place = product[side].reduce((position, at, axis) => position * shape[axis]! + at, 0);
        sums[place]! += at(first!, product[a]) * at(second!, product[b]);
      }
      return sums;
    };
    const common = { valuesOnly: "list" in draw, looseness: 4 };
    return [
      {
        op: ops.conv2dOp,
        params,
        inputs: [input(x), input(weight)],
        plain: contract(y, ["y", "x", "weight"]),
        ...common,
      },
      {
        op: ops.conv2dInputGradientOp,
        params: { ...params, inputShape: [height, width] },
        inputs: [input(y), input(weight)],
        plain: contract(x, ["x", "y", "weight"]),
        ...common,
      },
      {
        op: ops.conv2dWeightGradientOp,
        params: { ...params, kernelShape: kernel },
        inputs: [input(x), input(y)],
        plain: contract(weight, ["weight", "x", "y"]),
        ...common,
      },
    ];
  });
}

/** Matrix products, convolutions and their gradients. */
export const contractionSamples: readonly OpSample[] = [
  ...matmuls(),
  ...convolutions(),
];

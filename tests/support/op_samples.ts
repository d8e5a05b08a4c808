/**
 * Samples of every op: params, input shapes and how inputs are drawn, with a plain evaluation that
 * shares nothing with the op's own definition. The conformance suite runs over this table.
 *
 * @module
 */
import {
  type DType,
  RandomStream,
  type Shape,
  sizeOf,
  threefry2x32,
} from "../../core/tensor/mod.ts";
import type { Op } from "../../core/graph/mod.ts";
import * as ops from "../../core/ops/mod.ts";
import { type Block, placeOf } from "./evaluate.ts";

/** How the elements of an input are drawn. */
export type Draw =
  /** Uniform floats. */
  | { readonly from: number; readonly to: number }
  /** Uniform whole numbers, both ends included. */
  | { readonly whole: readonly [number, number] }
  /** These, over and over. */
  | { readonly list: readonly number[] };

/** One input of a sample. */
export interface SampleInput {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly draw: Draw;
}

/** An op applied once. */
export interface OpSample {
  readonly op: Op;
  readonly params: unknown;
  readonly inputs: readonly SampleInput[];
  /** What comes out, computed plainly; absent where a test of the op's own says it. */
  readonly plain?: (inputs: readonly Block[]) => ArrayLike<number>;
  /** Set where central differences say nothing, as at NaN: gradients are not compared. */
  readonly valuesOnly?: boolean;
  /** By what factor a float32 device's error may be above what is usual; 1 by default. */
  readonly looseness?: number;
}

/** Ops without samples, each with the reason. */
export const opsWithoutSamples: ReadonlyMap<string, string> = new Map([
  ["gradient", "it is symbolic: differentiate replaces it"],
]);

const small: Draw = { from: -2, to: 2 };
const positive: Draw = { from: 0.1, to: 4 };
const nonFinite: Draw = { list: [NaN, Infinity, -Infinity, 0, 1, -1, 0.5] };

/** Sizes around the width of vectors (4 lanes, blocks of 16), and none at all. */
const unaryShapes: readonly Shape[] = [[], [0], [1], [3], [4], [5], [17], [4, 0], [3, 5], [
  2,
  3,
  4,
]];

/** Pairs that broadcast. */
const binaryShapes: readonly (readonly [Shape, Shape])[] = [
  [[], []],
  [[0], [0]],
  [[1], [1]],
  [[3], [3]],
  [[4], []],
  [[], [5]],
  [[5], [1]],
  [[3, 1], [1, 4]],
  [[3, 5], [5]],
  [[3, 5], [3, 1]],
  [[0, 3], [1, 3]],
  [[2, 3, 4], [3, 1]],
  [[4, 1, 5], [3, 5]],
];

interface Elementwise {
  readonly draw?: Draw;
  readonly dtype?: DType;
  readonly looseness?: number;
  /** What NaN and infinities are drawn from; `null` where the op is not defined at them. */
  readonly specials?: Draw | null;
}

function unary(
  op: Op<null>,
  plain: (x: number) => number,
  { draw = small, dtype = "f32", looseness, specials = nonFinite }: Elementwise = {},
): OpSample[] {
  const make = (shape: Shape, draw: Draw, valuesOnly: boolean): OpSample => ({
    op,
    params: null,
    inputs: [{ shape, dtype, draw }],
    plain: ([x]) => x!.data.map(plain),
    ...(looseness === undefined ? {} : { looseness }),
    valuesOnly,
  });
  return [
    ...unaryShapes.map((shape) => make(shape, draw, false)),
    ...(dtype === "f32" && specials !== null ? [make([7], specials, true)] : []),
  ];
}

function binary(
  op: Op<null>,
  plain: (a: number, b: number) => number,
  { draw = [small, small], dtype = "f32", looseness, specials = nonFinite }:
    & Omit<Elementwise, "draw">
    & { readonly draw?: readonly [Draw, Draw] } = {},
): OpSample[] {
  const make = (
    [a, b]: readonly [Shape, Shape],
    [drawA, drawB]: readonly [Draw, Draw],
    valuesOnly: boolean,
  ): OpSample => ({
    op,
    params: null,
    inputs: [{ shape: a, dtype, draw: drawA }, { shape: b, dtype, draw: drawB }],
    plain: (inputs) => mapBroadcast(inputs, ([x, y]) => plain(x!, y!)),
    ...(looseness === undefined ? {} : { looseness }),
    valuesOnly,
  });
  return [
    ...binaryShapes.map((shapes) => make(shapes, draw, false)),
    ...(dtype === "f32" && specials !== null
      ? [make([[7, 1], [1, 7]], [specials, specials], true)]
      : []),
  ];
}

/** Applies a function at each place of the shape that blocks broadcast to. */
function mapBroadcast(
  inputs: readonly Block[],
  f: (elements: readonly number[]) => number,
): number[] {
  const rank = Math.max(...inputs.map(({ shape }) => shape.length));
  const shape = Array.from({ length: rank }, (_, axis) => {
    const sizes = inputs.map((input) => input.shape[axis - rank + input.shape.length] ?? 1);
    return sizes.find((size) => size !== 1) ?? 1;
  });
  return mapPlaces(
    shape,
    (place) =>
      f(inputs.map((input) =>
        at(
          input,
          place.slice(rank - input.shape.length).map((coordinate, axis) =>
            input.shape[axis] === 1 ? 0 : coordinate
          ),
        )
      )),
  );
}

/** Calls a function at each place of a shape, in order. */
function mapPlaces<T>(shape: Shape, f: (place: readonly number[]) => T): T[] {
  return Array.from({ length: sizeOf(shape) }, (_, i) => f(placeOf(i, shape)));
}

/** The element at some coordinates; `undefined` outside. */
function at({ shape, data }: Block, place: readonly number[]): number {
  let position = 0;
  for (const [axis, size] of shape.entries()) position = position * size + place[axis]!;
  return data[position]!;
}

const integer: Draw = { whole: [-2147483648, 2147483647] };
const word: Draw = { whole: [0, 4294967295] };
const digit: Draw = { whole: [0, 3] };
const byte: Draw = { whole: [0, 255] };

/** Arithmetic is tried on floats and, modulo 2³², on whole numbers. */
function arithmetic(
  op: Op<null>,
  plain: (a: number, b: number) => number,
  exact: (a: bigint, b: bigint) => bigint,
): OpSample[] {
  const whole = (wrap: (x: bigint) => bigint) => (a: number, b: number) =>
    Number(wrap(exact(BigInt(a), BigInt(b))));
  return [
    ...binary(op, plain),
    ...binary(op, whole((x) => BigInt.asIntN(32, x)), { dtype: "i32", draw: [integer, integer] }),
    ...binary(op, whole((x) => BigInt.asUintN(32, x)), { dtype: "u32", draw: [word, word] }),
  ];
}

/** A comparison or choice of the larger is tried on every dtype, with ties. */
function ordering(op: Op<null>, plain: (a: number, b: number) => number): OpSample[] {
  const ends: Draw = { list: [0, 1, 2147483647, 4294967295, 2147483648] };
  return [
    ...binary(op, plain),
    ...binary(op, plain, { dtype: "i32", draw: [{ whole: [-1, 1] }, integer] }),
    ...binary(op, plain, { dtype: "i32", draw: [{ whole: [-1, 1] }, { whole: [-1, 1] }] }),
    ...binary(op, plain, { dtype: "u32", draw: [ends, word] }),
    ...binary(op, plain, { dtype: "u8", draw: [digit, digit] }),
    ...binary(op, plain, { dtype: "u8", draw: [byte, byte] }),
  ];
}

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

/** A movement, tried on floats and on bytes. */
function movement<P>(
  op: Op<P>,
  cases: readonly {
    readonly from: Shape;
    readonly to: Shape;
    readonly params: P;
    /** The place in the input that a place of the output shows. */
    readonly source: (place: readonly number[]) => readonly number[];
  }[],
): OpSample[] {
  const dtypes: readonly [DType, Draw][] = [["f32", small], ["u8", byte], ["i32", integer]];
  return cases.flatMap(({ from, to, params, source }) =>
    dtypes.map(([dtype, draw]): OpSample => ({
      op,
      params,
      inputs: [{ shape: from, dtype, draw }],
      plain: ([x]) => mapPlaces(to, (place) => at(x!, source(place))),
    }))
  );
}

function reshapeCase(from: Shape, to: Shape) {
  const flat = (place: readonly number[]) =>
    place.reduce((position, coordinate, axis) => position * to[axis]! + coordinate, 0);
  return {
    from,
    to,
    params: { shape: to },
    source: (place: readonly number[]) => placeOf(flat(place), from),
  };
}

function broadcastCase(from: Shape, to: Shape) {
  return {
    from,
    to,
    params: { shape: to },
    source: (place: readonly number[]) =>
      place.slice(to.length - from.length).map((at, axis) => from[axis] === 1 ? 0 : at),
  };
}

function transposeCase(from: Shape, permutation: readonly number[]) {
  return {
    from,
    to: permutation.map((axis) => from[axis]!),
    params: { permutation },
    source: (place: readonly number[]) => from.map((_, axis) => place[permutation.indexOf(axis)]!),
  };
}

function sliceCase(
  from: Shape,
  start: readonly number[],
  sizes: Shape,
  strides: readonly number[] = start.map(() => 1),
) {
  return {
    from,
    to: sizes,
    params: { start, sizes, strides },
    source: (place: readonly number[]) =>
      place.map((at, axis) => start[axis]! + at * strides[axis]!),
  };
}

function pads(): OpSample[] {
  const cases: readonly {
    shape: Shape;
    before: readonly number[];
    after: readonly number[];
    interior?: readonly number[];
    value?: number;
  }[] = [
    { shape: [3], before: [1], after: [0] },
    { shape: [4], before: [0], after: [3], value: 7 },
    { shape: [1], before: [5], after: [2] },
    { shape: [5], before: [11], after: [12] },
    { shape: [0], before: [2], after: [1], value: 3 },
    { shape: [3, 4], before: [1, 2], after: [2, 1], value: -Infinity },
    { shape: [2, 0, 3], before: [1, 1, 0], after: [0, 0, 2] },
    { shape: [2, 3, 4], before: [0, 1, 0], after: [0, 2, 0] },
    { shape: [5], before: [0], after: [0], interior: [1] },
    { shape: [1], before: [1], after: [2], interior: [3] },
    { shape: [0], before: [1], after: [2], interior: [3], value: 2 },
    { shape: [3, 4], before: [1, 0], after: [0, 2], interior: [2, 1], value: 5 },
    { shape: [2, 3, 4], before: [0, 1, 0], after: [0, 1, 0], interior: [0, 1, 0] },
  ];
  const make = (
    { shape, before, after, interior = shape.map(() => 0), value = 0, dtype, draw }:
      & (typeof cases)[number]
      & { dtype: DType; draw: Draw },
  ): OpSample => ({
    op: ops.padOp,
    params: { before, after, interior, value },
    inputs: [{ shape, dtype, draw }],
    plain: ([x]) => {
      const padded = shape.map((size, axis) =>
        before[axis]! + size + Math.max(0, size - 1) * interior[axis]! + after[axis]!
      );
      return mapPlaces(padded, (place) => {
        const from = place.map((at, axis) => (at - before[axis]!) / (interior[axis]! + 1));
        const isElement = from.every((at, axis) =>
          Number.isInteger(at) && at >= 0 && at < shape[axis]!
        );
        return isElement ? at(x!, from) : value;
      });
    },
    valuesOnly: dtype !== "f32" || "list" in draw,
  });
  return [
    // gradients of a border of -inf cannot be compared: it makes the loss infinite
    ...cases.map((given) => ({
      ...make({ ...given, dtype: "f32", draw: small }),
      valuesOnly: given.value === -Infinity,
    })),
    ...cases.filter(({ value = 0 }) => value >= 0)
      .map((given) => make({ ...given, dtype: "u8", draw: byte })),
    make({ shape: [7], before: [2], after: [3], dtype: "f32", draw: nonFinite }),
  ];
}

function concatenations(): OpSample[] {
  const cases: readonly { shapes: readonly Shape[]; axis: number }[] = [
    { shapes: [[3]], axis: 0 },
    { shapes: [[3], [4]], axis: 0 },
    { shapes: [[1], [5], [2]], axis: 0 },
    { shapes: [[2, 3], [2, 1]], axis: 1 },
    { shapes: [[2, 3], [4, 3], [1, 3]], axis: 0 },
    { shapes: [[2, 0], [2, 3], [2, 0]], axis: 1 },
    { shapes: [[0], [0]], axis: 0 },
    { shapes: [[2, 3, 4], [2, 2, 4]], axis: 1 },
  ];
  const dtypes: readonly [DType, Draw][] = [["f32", small], ["f32", nonFinite], ["u8", byte]];
  return dtypes.flatMap(([dtype, draw]) =>
    cases.map(({ shapes, axis }): OpSample => ({
      op: ops.concatenateOp,
      params: { axis },
      inputs: shapes.map((shape) => ({ shape, dtype, draw })),
      plain: (inputs) => {
        const size = inputs.reduce((sum, { shape }) => sum + shape[axis]!, 0);
        return mapPlaces(shapes[0]!.map((other, i) => i === axis ? size : other), (place) => {
          let along = place[axis]!;
          const input = inputs.find(({ shape }) => {
            if (along < shape[axis]!) return true;
            along -= shape[axis]!;
            return false;
          });
          return at(input!, place.with(axis, along));
        });
      },
      valuesOnly: "list" in draw,
    }))
  );
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

/** The poolings and their gradients; the size of the output is given, not computed. */
function poolings(): OpSample[] {
  const cases: readonly {
    readonly x: Shape;
    readonly window: ops.Pair;
    readonly strides?: ops.Pair;
    readonly padding?: ops.Padding2d;
    readonly out: ops.Pair;
    readonly draw?: Draw;
  }[] = [
    { x: [1, 1, 1, 1], window: [1, 1], out: [1, 1] },
    { x: [2, 4, 6, 3], window: [2, 2], out: [2, 3] },
    { x: [1, 5, 7, 4], window: [2, 2], out: [2, 3] },
    { x: [2, 3, 4, 2], window: [3, 4], out: [1, 1] },
    { x: [1, 5, 5, 1], window: [2, 2], strides: [1, 1], out: [4, 4] },
    { x: [1, 6, 7, 5], window: [3, 3], strides: [2, 2], out: [2, 3] },
    { x: [1, 7, 8, 3], window: [2, 1], strides: [3, 2], out: [2, 4] },
    { x: [1, 5, 6, 17], window: [3, 3], strides: [2, 2], padding: [[1, 1], [0, 1]], out: [3, 3] },
    { x: [2, 6, 5, 2], window: [3, 2], strides: [2, 1], padding: [[1, 1], [0, 1]], out: [3, 5] },
    { x: [1, 4, 4, 1], window: [3, 3], padding: [[1, 1], [1, 1]], out: [2, 2] },
    { x: [0, 4, 4, 1], window: [2, 2], out: [2, 2] },
    { x: [1, 4, 4, 0], window: [2, 2], out: [2, 2] },
    { x: [1, 6, 6, 2], window: [3, 3], strides: [2, 2], out: [2, 2], draw: { whole: [0, 2] } },
    { x: [1, 4, 7, 2], window: [2, 3], strides: [2, 2], out: [2, 3], draw: nonFinite },
  ];
  return cases.flatMap(({ x, window, strides = window, padding = none, out, draw }): OpSample[] => {
    const params = { window, strides, padding };
    const [batch, height, width, channels] = x as [number, number, number, number];
    const y = [batch, ...out, channels];
    const input = (shape: Shape, draw: Draw = small): SampleInput => ({
      shape,
      dtype: "f32",
      draw,
    });
    /** The places of a window's cells that are in the image, row by row. */
    const cellsOf = ([b, i, j, c]: readonly number[]) =>
      mapPlaces(window, ([u, v]) => [u!, v!]).flatMap(([u, v]) => {
        const row = i! * strides[0] + u! - padding[0][0];
        const column = j! * strides[1] + v! - padding[1][0];
        const isInside = row >= 0 && row < height && column >= 0 && column < width;
        return isInside ? [[b!, row, column, c!]] : [];
      });
    const spread = (
      share: (place: readonly number[]) => readonly [readonly number[], number][],
    ) => {
      const sums = new Map<string, number>();
      for (const [place, part] of mapPlaces(y, share).flat()) {
        sums.set(`${place}`, (sums.get(`${place}`) ?? 0) + part);
      }
      return mapPlaces(x, (place) => sums.get(`${place}`) ?? 0);
    };
    return [
      {
        op: ops.maxPool2dOp,
        params,
        inputs: [input(x, draw)],
        plain: ([image]) =>
          mapPlaces(y, (place) => Math.max(...cellsOf(place).map((cell) => at(image!, cell)))),
        valuesOnly: draw !== undefined,
      },
      {
        op: ops.maxPool2dGradientOp,
        params,
        inputs: [input(x, draw), input(y)],
        plain: ([image, cotangent]) =>
          spread((place) => {
            const largest = cellsOf(place).reduce((a, b) => at(image!, b) > at(image!, a) ? b : a);
            return [[largest, at(cotangent!, place)]];
          }),
      },
      {
        op: ops.averagePool2dOp,
        params,
        inputs: [input(x, draw)],
        plain: ([image]) =>
          mapPlaces(y, (place) => {
            const cells = cellsOf(place);
            return cells.reduce((sum, cell) => sum + at(image!, cell), 0) / cells.length;
          }),
        valuesOnly: draw !== undefined,
      },
      {
        op: ops.averagePool2dGradientOp,
        params: { ...params, inputShape: [height, width] },
        inputs: [input(y)],
        plain: ([cotangent]) =>
          spread((place) => {
            const cells = cellsOf(place);
            return cells.map((cell) => [cell, at(cotangent!, place) / cells.length]);
          }),
      },
    ];
  });
}

function casts(): OpSample[] {
  const floats: Draw = { list: [0, 0.5, 0.99, 1.5, -0.5, -1.5, 2.5, 100.7, -100.7] };
  const far: Draw = { list: [NaN, Infinity, -Infinity, 3e9, -3e9, 5e9, 300, -300] };
  const clamp = (x: number, least: number, greatest: number) =>
    x !== x ? 0 : Math.min(Math.max(Math.trunc(x), least), greatest);
  const to: Readonly<Record<DType, (x: number, from: DType) => number>> = {
    f32: (x) => x,
    i32: (x, from) => from === "f32" ? clamp(x, -(2 ** 31), 2 ** 31 - 1) : x | 0,
    u32: (x, from) => from === "f32" ? clamp(x, 0, 2 ** 32 - 1) : x >>> 0,
    u8: (x) => clamp(x, 0, 255),
  };
  const cases: readonly [DType, Draw, DType][] = [
    ["f32", floats, "i32"],
    ["f32", floats, "u32"],
    ["f32", floats, "u8"],
    ["f32", far, "i32"],
    ["f32", far, "u32"],
    ["f32", far, "u8"],
    ["i32", { whole: [-999, 999] }, "f32"],
    ["i32", integer, "f32"],
    ["i32", integer, "u32"],
    ["i32", { whole: [-300, 600] }, "u8"],
    ["u32", word, "f32"],
    ["u32", word, "i32"],
    ["u32", { whole: [0, 600] }, "u8"],
    ["u32", word, "u8"],
    ["u8", byte, "f32"],
    ["u8", byte, "i32"],
    ["u8", byte, "u32"],
  ];
  return cases.flatMap(([from, draw, dtype]) =>
    [[], [0], [3], [4], [21], [3, 5]].map((shape): OpSample => ({
      op: ops.castOp,
      params: { dtype },
      inputs: [{ shape, dtype: from, draw }],
      plain: ([x]) => Array.from(x!.data, (element) => to[dtype](element, from)),
    }))
  );
}

function wheres(): OpSample[] {
  const shapes: readonly (readonly [Shape, Shape, Shape])[] = [
    [[], [], []],
    [[0], [0], [0]],
    [[5], [5], [5]],
    [[4], [], [4]],
    [[3, 1], [1, 4], [3, 4]],
    [[2, 3], [], []],
    [[], [3], [1]],
  ];
  const dtypes: readonly [DType, Draw][] = [
    ["f32", small],
    ["f32", nonFinite],
    ["i32", integer],
    ["u32", word],
    ["u8", byte],
  ];
  return dtypes.flatMap(([dtype, draw]) =>
    shapes.map(([mask, a, b]): OpSample => ({
      op: ops.whereOp,
      params: null,
      inputs: [
        { shape: mask, dtype: "f32", draw: { list: [1, 0, 0, 2, -1] } },
        { shape: a, dtype, draw },
        { shape: b, dtype, draw },
      ],
      plain: (inputs) => mapBroadcast(inputs, ([m, x, y]) => m !== 0 ? x! : y!),
      valuesOnly: dtype !== "f32" || "list" in draw,
    }))
  );
}

function generators(): OpSample[] {
  const uniform = (shape: Shape, seed: number, step: number): OpSample => {
    const stream = 0x9e3779b9;
    const scalarOf = (value: number): SampleInput => ({
      shape: [],
      dtype: "u32",
      draw: { list: [value] },
    });
    return {
      op: ops.randomUniformOp,
      params: { shape, stream },
      inputs: [scalarOf(seed), scalarOf(step)],
      plain: () =>
        Array.from(
          { length: sizeOf(shape) },
          (_, i) => (threefry2x32([seed, stream], i, step)[0] >>> 8) * 2 ** -24,
        ),
    };
  };
  const shapes: readonly Shape[] = [[1], [0], [4], [5], [3, 5], [2, 3, 4], [19, 17]];
  return [
    ...shapes.map((shape, i) => uniform(shape, 4294967295 - i, i)),
    uniform([37], 0, 4294967295),
    ...shapes.flatMap((shape) =>
      shape.flatMap((_, axis) =>
        (["f32", "i32", "u32"] as const).map((dtype): OpSample => ({
          op: ops.iotaOp,
          params: { shape, axis, dtype },
          inputs: [],
          plain: () => mapPlaces(shape, (place) => place[axis]!),
        }))
      )
    ),
    ...([["f32", -1.5], ["i32", -7], ["u32", 4294967295], ["u8", 200]] as const).map(
      ([dtype, value]): OpSample => ({
        op: ops.fillOp,
        params: { value, dtype },
        inputs: [],
        plain: () => [value],
      }),
    ),
  ];
}

/** Error function by Simpson's rule on its integral, for the plain evaluation. */
function integratedErf(x: number): number {
  if (!Number.isFinite(x)) return Math.sign(x);
  const steps = 2000;
  const width = x / steps;
  let sum = 0;
  for (let i = 0; i <= steps; i++) {
    const weight = i === 0 || i === steps ? 1 : i % 2 === 1 ? 4 : 2;
    sum += weight * Math.exp(-((i * width) ** 2));
  }
  return 2 / Math.sqrt(Math.PI) * sum * width / 3;
}

const mask = (holds: boolean) => holds ? 1 : 0;

/** The samples of every op. */
export const opSamples: readonly OpSample[] = [
  ...arithmetic(ops.addOp, (a, b) => a + b, (a, b) => a + b),
  ...arithmetic(ops.subOp, (a, b) => a - b, (a, b) => a - b),
  ...arithmetic(ops.mulOp, (a, b) => a * b, (a, b) => a * b),
  ...binary(ops.divOp, (a, b) => a / b, { draw: [small, positive] }),
  ...binary(ops.powOp, Math.pow, { draw: [positive, small], looseness: 2, specials: null }),
  ...binary(ops.powOp, Math.pow, {
    draw: [{ from: -2, to: -0.5 }, { list: [2, 3, -1, 0, 1] }],
    specials: null,
    looseness: 2,
  }).map((sample) => ({ ...sample, valuesOnly: true })),
  ...ordering(ops.maximumOp, Math.max),
  ...ordering(ops.minimumOp, Math.min),
  ...ordering(ops.equalOp, (a, b) => mask(a === b)),
  ...ordering(ops.notEqualOp, (a, b) => mask(a !== b)),
  ...ordering(ops.lessOp, (a, b) => mask(a < b)),
  ...ordering(ops.lessEqualOp, (a, b) => mask(a <= b)),
  ...unary(ops.negOp, (x) => -x),
  ...unary(ops.negOp, (x) => -x | 0, { dtype: "i32", draw: { list: [0, 1, -2147483648, 5] } }),
  ...unary(ops.absOp, Math.abs),
  ...unary(ops.absOp, (x) => Math.abs(x) | 0, {
    dtype: "i32",
    draw: { list: [0, -1, 7, -2147483648, 2147483647] },
  }),
  ...unary(ops.expOp, Math.exp),
  ...unary(ops.expOp, Math.exp, { draw: { from: -80, to: 80 } }),
  ...unary(ops.logOp, Math.log, { draw: positive }),
  ...unary(ops.log1pOp, Math.log1p, { draw: { from: -0.9, to: 3 } }),
  ...unary(ops.log1pOp, Math.log1p, { draw: { from: -1e-4, to: 1e-4 } }),
  ...unary(ops.log1pOp, Math.log1p, { draw: { from: 0, to: 1e9 } }),
  ...unary(ops.sqrtOp, Math.sqrt, { draw: positive }),
  ...unary(ops.tanhOp, Math.tanh),
  ...unary(ops.tanhOp, Math.tanh, { draw: { from: -30, to: 30 } }),
  ...unary(ops.sigmoidOp, (x) => 1 / (1 + Math.exp(-x))),
  ...unary(ops.sigmoidOp, (x) => 1 / (1 + Math.exp(-x)), { draw: { from: -120, to: 120 } }),
  ...unary(ops.sinOp, Math.sin),
  ...unary(ops.sinOp, Math.sin, { draw: { from: -100, to: 100 } }),
  ...unary(ops.cosOp, Math.cos),
  ...unary(ops.cosOp, Math.cos, { draw: { from: -100, to: 100 } }),
  ...unary(ops.erfOp, integratedErf, { draw: { from: -3, to: 3 } }),
  ...unary(ops.floorOp, Math.floor),
  ...unary(ops.reluOp, (x) => Math.max(x, 0)),
  ...unary(ops.stopGradientOp, (x) => x),
  ...casts(),
  ...wheres(),
  ...generators(),
  ...reductions(ops.reduceSumOp, (group) => group.reduce((sum, x) => sum + x, 0), { empty: true }),
  ...reductions(ops.reduceMaxOp, (group) => Math.max(...group), { empty: false }),
  ...reductions(ops.reduceMinOp, (group) => Math.min(...group), { empty: false }),
  ...movement(ops.reshapeOp, [
    reshapeCase([], [1]),
    reshapeCase([6], [2, 3]),
    reshapeCase([3, 4], [4, 3]),
    reshapeCase([2, 3, 4], [6, 4]),
    reshapeCase([0, 3], [5, 0]),
  ]),
  ...movement(ops.broadcastToOp, [
    broadcastCase([], [3]),
    broadcastCase([1], [5]),
    broadcastCase([4], [3, 4]),
    broadcastCase([3, 1], [2, 3, 5]),
    broadcastCase([1, 3], [0, 3]),
  ]),
  ...movement(ops.transposeOp, [
    transposeCase([3, 5], [1, 0]),
    transposeCase([17, 4], [1, 0]),
    transposeCase([2, 3, 4], [2, 0, 1]),
    transposeCase([0, 3], [1, 0]),
    transposeCase([], []),
  ]),
  ...movement(ops.sliceOp, [
    sliceCase([5], [1], [3]),
    sliceCase([5], [5], [0]),
    sliceCase([4, 5], [1, 2], [3, 2]),
    sliceCase([2, 3, 4], [0, 1, 0], [2, 1, 4]),
    sliceCase([], [], []),
    sliceCase([7], [0], [4], [2]),
    sliceCase([7], [6], [1], [9]),
    sliceCase([7], [7], [0], [3]),
    sliceCase([5, 19], [1, 2], [2, 6], [3, 3]),
    sliceCase([2, 7, 5], [0, 1, 0], [2, 3, 5], [1, 2, 1]),
    sliceCase([2, 0, 3], [1, 0, 0], [1, 0, 2], [1, 4, 2]),
  ]),
  ...pads(),
  ...concatenations(),
  ...logSumExps(),
  ...matmuls(),
  ...convolutions(),
  ...poolings(),
];

/** Draws a sample's inputs: the same numbers each time, floats as float32 holds them. */
export function drawInputs({ op, inputs }: OpSample): Float64Array[] {
  return inputs.map(({ shape, dtype, draw }, number) => {
    const stream = new RandomStream(1, op.name, number);
    return Float64Array.from({ length: sizeOf(shape) }, (_, i) => {
      if ("list" in draw) return draw.list[i % draw.list.length]!;
      if ("whole" in draw) {
        const [least, greatest] = draw.whole;
        return least + stream.below(greatest - least + 1);
      }
      const drawn = draw.from + (draw.to - draw.from) * stream.uniform();
      return dtype === "f32" ? Math.fround(drawn) : Math.trunc(drawn);
    });
  });
}

/**
 * Samples of ops that arrange elements anew.
 *
 * @module
 */
import type { DType, Shape } from "../../../core/tensor/mod.ts";
import type { Op } from "../../../core/graph/mod.ts";
import * as ops from "../../../core/ops/mod.ts";
import { placeOf } from "../evaluate.ts";
import {
  at,
  byte,
  type Draw,
  integer,
  mapPlaces,
  nonFinite,
  type OpSample,
  small,
} from "./sample.ts";

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

/** Views, paddings and concatenations. */
export const movementSamples: readonly OpSample[] = [
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
];

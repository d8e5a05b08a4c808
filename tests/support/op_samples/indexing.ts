/**
 * Samples of ops that name slices by indices.
 *
 * @module
 */
import type { DType, Shape } from "../../../core/tensor/mod.ts";
import * as ops from "../../../core/ops/mod.ts";
import {
  at,
  byte,
  type Draw,
  integer,
  mapPlaces,
  nonFinite,
  type OpSample,
  small,
  word,
} from "./sample.ts";

/** A table, and the list of indices into one of its axes. */
interface Case {
  readonly table: Shape;
  readonly axis: number;
  readonly list: Shape;
  /** The indices' dtype, i32 by default. */
  readonly dtype?: DType;
  /** How indices are drawn; by default one in front of the axis and one behind it too. */
  readonly draw?: Draw;
}

const cases: readonly Case[] = [
  { table: [5], axis: 0, list: [] },
  { table: [1], axis: 0, list: [1] },
  { table: [7], axis: 0, list: [40] },
  { table: [5, 3], axis: 0, list: [4] },
  { table: [5, 4], axis: 0, list: [2, 3] },
  { table: [4, 33], axis: 0, list: [9] },
  { table: [3, 16], axis: 0, list: [] },
  { table: [3, 5], axis: 1, list: [] },
  { table: [3, 5], axis: 1, list: [7] },
  { table: [3, 4], axis: 1, list: [2, 2] },
  { table: [2, 3, 5], axis: 1, list: [4] },
  { table: [2, 3, 2, 3], axis: 1, list: [2, 2] },
  { table: [2, 3, 4, 5], axis: 2, list: [3] },
  { table: [6, 5], axis: 0, list: [17], draw: { list: [2, 2, 5, 2, 0, 2] } },
  { table: [6, 5], axis: 0, list: [8], dtype: "u8", draw: { list: [0, 5, 6, 255, 3] } },
  {
    table: [6, 5],
    axis: 0,
    list: [8],
    dtype: "u32",
    draw: { list: [4294967295, 5, 2147483648, 1] },
  },
  { table: [6, 2], axis: 0, list: [5], draw: { list: [-2147483648, 2147483647, -1, 6, 3] } },
  { table: [0, 3], axis: 0, list: [4] },
  { table: [4, 0], axis: 0, list: [3] },
  { table: [0, 3, 2], axis: 1, list: [2] },
  { table: [5, 3], axis: 0, list: [0] },
  { table: [5, 3], axis: 0, list: [2, 0] },
];

/** The indices of a case as an input. */
function indicesOf({ table, axis, list, dtype = "i32", draw }: Case) {
  return { shape: list, dtype, draw: draw ?? { whole: [-1, table[axis]!] as const } };
}

/** Shape of what has a slice for every index. */
function takenShape({ table, axis, list }: Case): Shape {
  return [...table.slice(0, axis), ...list, ...table.slice(axis + 1)];
}

function gathers(): OpSample[] {
  const elements: readonly [DType, Draw, number][] = [
    ["f32", small, 0.5],
    ["f32", nonFinite, NaN],
    ["i32", integer, -2147483648],
    ["u32", word, 7],
    ["u8", byte, 255],
  ];
  return cases.flatMap((given) =>
    elements.map(([dtype, draw, fillValue]): OpSample => {
      const { table, axis, list } = given;
      return {
        op: ops.gatherOp,
        params: { axis, fillValue },
        inputs: [{ shape: table, dtype, draw }, indicesOf(given)],
        plain: ([x, indices]) =>
          mapPlaces(takenShape(given), (place) => {
            const index = at(indices!, place.slice(axis, axis + list.length));
            if (index < 0 || index >= table[axis]!) return fillValue;
            return at(x!, [...place.slice(0, axis), index, ...place.slice(axis + list.length)]);
          }),
        valuesOnly: "list" in draw,
      };
    })
  );
}

function scatters(): OpSample[] {
  return cases.flatMap((given) =>
    [small, nonFinite].map((draw): OpSample => {
      const { table, axis, list } = given;
      const taken = takenShape(given);
      return {
        op: ops.scatterAddOp,
        params: { axis, size: table[axis]! },
        inputs: [{ shape: taken, dtype: "f32", draw }, indicesOf(given)],
        plain: ([updates, indices]) =>
          mapPlaces(table, (place) => {
            let sum = 0;
            for (const where of mapPlaces(list, (inList) => inList)) {
              if (at(indices!, where) !== place[axis]) continue;
              sum += at(updates!, [...place.slice(0, axis), ...where, ...place.slice(axis + 1)]);
            }
            return sum;
          }),
        valuesOnly: "list" in draw,
      };
    })
  );
}

/** Slices taken by indices, and added into them. */
export const indexingSamples: readonly OpSample[] = [
  ...gathers(),
  ...scatters(),
];

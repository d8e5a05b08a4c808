/**
 * Samples of poolings.
 *
 * @module
 */
import type { Shape } from "../../../core/tensor/mod.ts";
import * as ops from "../../../core/ops/mod.ts";
import {
  at,
  type Draw,
  mapPlaces,
  nonFinite,
  type OpSample,
  type SampleInput,
  small,
} from "./sample.ts";

const none = [[0, 0], [0, 0]] as const;

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

/** The poolings and their gradients. */
export const poolingSamples: readonly OpSample[] = [
  ...poolings(),
];

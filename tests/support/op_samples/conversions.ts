/**
 * Samples of conversions, of choice by a mask, and of what is made of no input.
 *
 * @module
 */
import { type DType, type Shape, sizeOf, threefry2x32 } from "../../../core/tensor/mod.ts";
import * as ops from "../../../core/ops/mod.ts";
import {
  byte,
  type Draw,
  integer,
  mapBroadcast,
  mapPlaces,
  nonFinite,
  type OpSample,
  type SampleInput,
  small,
  word,
} from "./sample.ts";

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

/** Casts, choices and generators. */
export const conversionSamples: readonly OpSample[] = [
  ...casts(),
  ...wheres(),
  ...generators(),
];

/**
 * Samples of ops that compute each element by itself.
 *
 * @module
 */
import type { DType, Shape } from "../../../core/tensor/mod.ts";
import type { Op } from "../../../core/graph/mod.ts";
import * as ops from "../../../core/ops/mod.ts";
import {
  byte,
  type Draw,
  integer,
  mapBroadcast,
  nonFinite,
  type OpSample,
  positive,
  small,
  word,
} from "./sample.ts";

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

const digit: Draw = { whole: [0, 3] };

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

/** Arithmetic, comparisons, functions of one number. */
export const elementwiseSamples: readonly OpSample[] = [
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
  ...unary(ops.expm1Op, Math.expm1),
  ...unary(ops.expm1Op, Math.expm1, { draw: { from: -1e-4, to: 1e-4 } }),
  ...unary(ops.expm1Op, Math.expm1, { draw: { from: -80, to: 80 } }),
  ...unary(ops.logOp, Math.log, { draw: positive }),
  ...unary(ops.log1pOp, Math.log1p, { draw: { from: -0.9, to: 3 } }),
  ...unary(ops.log1pOp, Math.log1p, { draw: { from: -1e-4, to: 1e-4 } }),
  ...unary(ops.log1pOp, Math.log1p, { draw: { from: 0, to: 1e9 } }),
  ...unary(ops.sqrtOp, Math.sqrt, { draw: positive }),
  ...unary(ops.tanhOp, Math.tanh),
  ...unary(ops.tanhOp, Math.tanh, { draw: { from: -30, to: 30 } }),
  ...unary(ops.sigmoidOp, (x) => 1 / (1 + Math.exp(-x))),
  ...unary(ops.sigmoidOp, (x) => 1 / (1 + Math.exp(-x)), { draw: { from: -120, to: 120 } }),
  ...unary(ops.softplusOp, (x) => Math.log1p(Math.exp(x))),
  ...unary(ops.softplusOp, (x) => Math.log1p(Math.exp(x)), { draw: { from: -80, to: 80 } }),
  ...unary(ops.sinOp, Math.sin),
  ...unary(ops.sinOp, Math.sin, { draw: { from: -100, to: 100 } }),
  ...unary(ops.cosOp, Math.cos),
  ...unary(ops.cosOp, Math.cos, { draw: { from: -100, to: 100 } }),
  ...unary(ops.erfOp, integratedErf, { draw: { from: -3, to: 3 } }),
  ...unary(ops.floorOp, Math.floor),
  ...unary(ops.reluOp, (x) => Math.max(x, 0)),
  ...unary(ops.stopGradientOp, (x) => x),
  ...unary(ops.appliedStepsOp, (x) => x),
];

/**
 * What the reductions share: their params, their shape rule, and the options of the functions.
 *
 * @module
 */
import { normalizeAxes, type TensorSpec } from "../tensor/mod.ts";
import type { ReductionOp, Value } from "../graph/mod.ts";
import { reshape } from "./reshape.ts";

/** The axes of a reduction. */
export interface ReductionParams {
  /** Ascending, none negative. */
  readonly axes: readonly number[];
}

/** How a reduction is asked for. */
export interface ReductionOptions {
  /** The axes to combine, negative ones from the end; all of them by default. */
  readonly axes?: readonly number[];
  /** Whether the axes combined stay, with size 1; by default they go. */
  readonly keepDims?: boolean;
}

/** The shape rule of reductions: the axes combined stay with size 1. */
export function inferReduction(
  { shape, dtype }: TensorSpec,
  { axes }: ReductionParams,
): TensorSpec {
  const reduced = new Set(normalizeAxes(axes, shape.length));
  return { shape: shape.map((size, axis) => reduced.has(axis) ? 1 : size), dtype };
}

/** Applies a reduction and, unless they are to be kept, drops its axes. */
export function applyReduction(
  op: ReductionOp<ReductionParams>,
  x: Value,
  { axes, keepDims = false }: ReductionOptions,
): Value {
  const { shape } = x.spec;
  const reduced = axes === undefined ? [...shape.keys()] : normalizeAxes(axes, shape.length);
  if (reduced.length === 0) return x;
  return dropAxes(x.builder.apply(op, [x], { axes: reduced }), { axes: reduced, keepDims });
}

/** Drops axes of size 1, unless they are to be kept. */
export function dropAxes(
  x: Value,
  { axes, keepDims }: { readonly axes: readonly number[]; readonly keepDims: boolean },
): Value {
  return keepDims ? x : reshape(x, x.spec.shape.filter((_, axis) => !axes.includes(axis)));
}

/** Axes as subscripts: `₀₂`. */
export function subscript(axes: readonly number[]): string {
  const digits = (axis: number) =>
    [...String(axis)].map((digit) => String.fromCharCode(0x2080 + Number(digit))).join("");
  return axes.map(digits).join(axes.some((axis) => axis > 9) ? "," : "");
}

/**
 * The largest element along axes.
 *
 * @module
 */
import type { ReductionOp, Value } from "../graph/mod.ts";
import { extremum } from "./extremum.ts";
import { applyReduction, type ReductionOptions, type ReductionParams } from "./reduction.ts";

/** `max x` over axes, which stay with size 1 */
export const reduceMaxOp: ReductionOp<ReductionParams> = extremum("reduceMax", {
  operator: "max",
  word: "maximum",
});

/**
 * The largest element along axes.
 *
 * `Gradient:` shared equally by all elements that are the maximum.
 * `Numerics:` NaN if any element is NaN.
 *
 * @throws {RangeError} When an axis has no elements.
 */
export function reduceMax(x: Value, options: ReductionOptions = {}): Value {
  return applyReduction(reduceMaxOp, x, options);
}

/**
 * The smallest element along axes.
 *
 * @module
 */
import type { ReductionOp, Value } from "../graph/mod.ts";
import { extremum } from "./extremum.ts";
import { applyReduction, type ReductionOptions, type ReductionParams } from "./reduction.ts";

/** `min x` over axes, which stay with size 1 */
export const reduceMinOp: ReductionOp<ReductionParams> = extremum("reduceMin", {
  operator: "min",
  word: "minimum",
});

/**
 * The smallest element along axes.
 *
 * `Gradient:` shared equally by all elements that are the minimum.
 * `Numerics:` NaN if any element is NaN.
 *
 * @throws {RangeError} When an axis has no elements.
 */
export function reduceMin(x: Value, options: ReductionOptions = {}): Value {
  return applyReduction(reduceMinOp, x, options);
}

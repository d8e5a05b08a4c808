/**
 * The largest element along axes.
 *
 * @module
 */
import { formatSpec } from "../tensor/mod.ts";
import type { ReductionOp, Value } from "../graph/mod.ts";
import { equal } from "./compare.ts";
import { defineOp } from "./define_op.ts";
import { div } from "./div.ts";
import { mul } from "./mul.ts";
import { reduceSum } from "./reduce_sum.ts";
import {
  applyReduction,
  inferReduction,
  type ReductionOptions,
  type ReductionParams,
  subscript,
} from "./reduction.ts";

/** `max x` over axes, which stay with size 1 */
export const reduceMaxOp: ReductionOp<ReductionParams> = defineOp<ReductionParams>({
  name: "reduceMax",
  kind: "reduction",
  operator: "max",
  axes: (_, { axes }) => axes,
  infer([x], params) {
    const result = inferReduction(x!, params);
    const empty = params.axes.find((axis) => x!.shape[axis] === 0);
    if (empty !== undefined) {
      throw new RangeError(
        `Cannot take the maximum of ${formatSpec(x!)} over axis ${empty}: it has no elements`,
      );
    }
    return result;
  },
  // ∂(max x)/∂xᵢ = [xᵢ = max x]/n for the n elements that share the maximum, as PyTorch's amax
  vjp({ inputs: [x], output, cotangent, params: { axes } }) {
    const tied = equal(x!, output);
    return [mul(tied, div(cotangent, reduceSum(tied, { axes, keepDims: true })))];
  },
  format: ([x], { axes }) => `max${subscript(axes)}(${x})`,
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

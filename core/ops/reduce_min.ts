/**
 * The smallest element along axes.
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

/** `min x` over axes, which stay with size 1 */
export const reduceMinOp: ReductionOp<ReductionParams> = defineOp<ReductionParams>({
  name: "reduceMin",
  kind: "reduction",
  operator: "min",
  axes: (_, { axes }) => axes,
  infer([x], params) {
    const result = inferReduction(x!, params);
    const empty = params.axes.find((axis) => x!.shape[axis] === 0);
    if (empty !== undefined) {
      throw new RangeError(
        `Cannot take the minimum of ${formatSpec(x!)} over axis ${empty}: it has no elements`,
      );
    }
    return result;
  },
  // ∂(min x)/∂xᵢ = [xᵢ = min x]/n for the n elements that share the minimum, as PyTorch's amin
  vjp({ inputs: [x], output, cotangent, params: { axes } }) {
    const tied = equal(x!, output);
    return [mul(tied, div(cotangent, reduceSum(tied, { axes, keepDims: true })))];
  },
  format: ([x], { axes }) => `min${subscript(axes)}(${x})`,
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

/**
 * Sums and means.
 *
 * @module
 */
import { normalizeAxes, sizeOf } from "../tensor/mod.ts";
import type { ReductionOp, Value } from "../graph/mod.ts";
import { broadcastTo } from "./broadcast_to.ts";
import { defineOp, requireDType } from "./define_op.ts";
import { div } from "./div.ts";
import {
  applyReduction,
  inferReduction,
  type ReductionOptions,
  type ReductionParams,
  subscript,
} from "./reduction.ts";

/** `Σ x` over axes, which stay with size 1 */
export const reduceSumOp: ReductionOp<ReductionParams> = defineOp<ReductionParams>({
  name: "reduceSum",
  kind: "reduction",
  operator: "add",
  axes: (_, { axes }) => axes,
  infer([x], params) {
    requireDType("reduceSum", x!, "f32", "i32", "u32");
    return inferReduction(x!, params);
  },
  // ∂(Σx)/∂xᵢ = 1
  vjp: ({ inputs: [x], cotangent }) => [broadcastTo(cotangent, x!.spec.shape)],
  format: ([x], { axes }) => `Σ${subscript(axes)}(${x})`,
});

/**
 * Sum over axes; 0 where there is nothing to add.
 *
 * `Gradient:` 1 to every element.
 */
export function reduceSum(x: Value, options: ReductionOptions = {}): Value {
  return applyReduction(reduceSumOp, x, options);
}

/**
 * Arithmetic mean over axes, of floats.
 *
 * `Gradient:` `1/n` to every element, n the number of elements averaged.
 * `Numerics:` NaN where there is nothing to average.
 */
export function mean(x: Value, options: ReductionOptions = {}): Value {
  const { shape } = x.spec;
  const axes = options.axes === undefined
    ? [...shape.keys()]
    : normalizeAxes(options.axes, shape.length);
  return div(reduceSum(x, options), sizeOf(axes.map((axis) => shape[axis]!)));
}

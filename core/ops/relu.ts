/**
 * Rectified linear unit.
 *
 * @module
 */
import { type ElementwiseOp, scalar, type Value } from "../graph/mod.ts";
import { defineOp, requireDType } from "./define_op.ts";
import { greater } from "./compare.ts";
import { mul } from "./mul.ts";

/** `max(x, 0)` */
export const reluOp: ElementwiseOp<null> = defineOp<null>({
  name: "relu",
  kind: "elementwise",
  infer: ([x]) => {
    requireDType("relu", x!, "f32");
    return x!;
  },
  formula: ([x]) => scalar.max(x!, 0),
  // ∂relu(x)/∂x = [relu(x) > 0], and 0 at x = 0 as in PyTorch
  vjp: ({ output, cotangent }) => [mul(cotangent, greater(output, 0))],
});

/** `max(x, 0)`; the gradient at 0 is 0. */
export function relu(x: Value): Value {
  return x.builder.apply(reluOp, [x], null);
}

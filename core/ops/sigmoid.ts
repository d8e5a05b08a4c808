/**
 * Logistic function.
 *
 * @module
 */
import { type ElementwiseOp, scalar, type Value } from "../graph/mod.ts";
import { defineOp, inferFloats } from "./define_op.ts";
import { mul } from "./mul.ts";
import { sub } from "./sub.ts";

/** `σ(x) = 1/(1 + e^-x)` */
export const sigmoidOp: ElementwiseOp<null> = defineOp<null>({
  name: "sigmoid",
  kind: "elementwise",
  definition: "sigmoid(x) = 1 / (1 + exp(-x))",
  infer: (inputs) => inferFloats("sigmoid", inputs),
  // With e = e^-|x| nothing overflows: 1/(1 + e) for x >= 0, e/(1 + e) below.
  formula: ([x]) => {
    const e = scalar.exp(scalar.neg(scalar.abs(x!)));
    return scalar.div(scalar.select(scalar.less(x!, 0), e, 1), scalar.add(1, e));
  },
  // dσ/dx = σ·(1 - σ)
  vjp: ({ output, cotangent }) => [mul(cotangent, mul(output, sub(1, output)))],
  format: ([x]) => `sigmoid(${x})`,
});

/**
 * Logistic function `σ(x) = 1/(1 + e^-x)`, elementwise.
 *
 * `Gradient:` `σ·(1 - σ)`.
 * `Numerics:` computed from `e^-|x|`, so it overflows for neither sign.
 */
export function sigmoid(x: Value): Value {
  return x.builder.apply(sigmoidOp, [x], null);
}

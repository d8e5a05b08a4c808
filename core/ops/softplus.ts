/**
 * Softplus, the smooth rectifier.
 *
 * @module
 */
import { type ElementwiseOp, scalar, type Value } from "../graph/mod.ts";
import { defineOp, inferFloats } from "./define_op.ts";
import { log1pOp } from "./log1p.ts";
import { mul } from "./mul.ts";
import { sigmoid } from "./sigmoid.ts";

/** `log(1 + e^x)` */
export const softplusOp: ElementwiseOp<null> = defineOp<null>({
  name: "softplus",
  kind: "elementwise",
  definition: "softplus(x) = log(1 + exp(x))",
  infer: (inputs) => inferFloats("softplus", inputs),
  // max(x, 0) + log(1 + e^-|x|): the exponential is at most 1
  formula: ([x]) => {
    const e = scalar.exp(scalar.neg(scalar.abs(x!)));
    return scalar.add(scalar.max(x!, 0), log1pOp.formula([e], null));
  },
  // d(log(1 + e^x))/dx = 1/(1 + e^-x)
  vjp: ({ inputs: [x], cotangent }) => [mul(cotangent, sigmoid(x!))],
  format: ([x]) => `softplus(${x})`,
});

/**
 * `log(1 + e^x)`, elementwise: a smooth `max(x, 0)`.
 *
 * `Gradient:` `sigmoid(x)`, at 0 too.
 * `Numerics:` computed as `max(x, 0) + log1p(e^-|x|)`, so that it overflows for no sign and keeps small
 * results.
 */
export function softplus(x: Value): Value {
  return x.builder.apply(softplusOp, [x], null);
}

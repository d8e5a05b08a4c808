/**
 * Exponential.
 *
 * @module
 */
import { type ElementwiseOp, scalar, type Value } from "../graph/mod.ts";
import { defineOp, inferFloats } from "./define_op.ts";
import { mul } from "./mul.ts";

/** `e^x` */
export const expOp: ElementwiseOp<null> = defineOp<null>({
  name: "exp",
  kind: "elementwise",
  infer: (inputs) => inferFloats("exp", inputs),
  formula: ([x]) => scalar.exp(x!),
  // d(e^x)/dx = e^x
  vjp: ({ output, cotangent }) => [mul(cotangent, output)],
});

/** `e^x`, elementwise. `Gradient:` `e^x`. */
export function exp(x: Value): Value {
  return x.builder.apply(expOp, [x], null);
}

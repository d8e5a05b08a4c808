/**
 * Natural logarithm.
 *
 * @module
 */
import { type ElementwiseOp, scalar, type Value } from "../graph/mod.ts";
import { defineOp, inferFloats } from "./define_op.ts";
import { div } from "./div.ts";

/** `log x`, to the base e */
export const logOp: ElementwiseOp<null> = defineOp<null>({
  name: "log",
  kind: "elementwise",
  infer: (inputs) => inferFloats("log", inputs),
  formula: ([x]) => scalar.log(x!),
  // d(log x)/dx = 1/x
  vjp: ({ inputs: [x], cotangent }) => [div(cotangent, x!)],
});

/**
 * Natural logarithm, elementwise.
 *
 * `Gradient:` `1/x`.
 * `Numerics:` `-inf` at 0, NaN below.
 */
export function log(x: Value): Value {
  return x.builder.apply(logOp, [x], null);
}

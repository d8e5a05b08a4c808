/**
 * Square root.
 *
 * @module
 */
import { type ElementwiseOp, scalar, type Value } from "../graph/mod.ts";
import { defineOp, inferFloats } from "./define_op.ts";
import { div } from "./div.ts";
import { mul } from "./mul.ts";

/** `√x` */
export const sqrtOp: ElementwiseOp<null> = defineOp<null>({
  name: "sqrt",
  kind: "elementwise",
  infer: (inputs) => inferFloats("sqrt", inputs),
  formula: ([x]) => scalar.sqrt(x!),
  // d(√x)/dx = 1/(2·√x)
  vjp: ({ output, cotangent }) => [div(cotangent, mul(2, output))],
});

/**
 * Square root, elementwise.
 *
 * `Gradient:` `1/(2·√x)`, infinite at 0.
 * `Numerics:` NaN below 0.
 */
export function sqrt(x: Value): Value {
  return x.builder.apply(sqrtOp, [x], null);
}

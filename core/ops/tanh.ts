/**
 * Hyperbolic tangent.
 *
 * @module
 */
import { type ElementwiseOp, scalar, type Value } from "../graph/mod.ts";
import { defineOp, inferFloats } from "./define_op.ts";
import { mul } from "./mul.ts";
import { sub } from "./sub.ts";

/** `tanh x` */
export const tanhOp: ElementwiseOp<null> = defineOp<null>({
  name: "tanh",
  kind: "elementwise",
  definition: "tanh(x) = (exp(x) - exp(-x)) / (exp(x) + exp(-x))",
  infer: (inputs) => inferFloats("tanh", inputs),
  formula: ([x]) => scalar.tanh(x!),
  // d(tanh x)/dx = 1 - tanh²x
  vjp: ({ output, cotangent }) => [mul(cotangent, sub(1, mul(output, output)))],
});

/** Hyperbolic tangent, elementwise. `Gradient:` `1 - tanh²x`. */
export function tanh(x: Value): Value {
  return x.builder.apply(tanhOp, [x], null);
}

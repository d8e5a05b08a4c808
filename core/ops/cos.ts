/**
 * Cosine.
 *
 * @module
 */
import { type ElementwiseOp, scalar, type Value } from "../graph/mod.ts";
import { defineOp, inferFloats } from "./define_op.ts";
import { mul } from "./mul.ts";
import { neg } from "./neg.ts";
import { sin } from "./sin.ts";

/** `cos x` */
export const cosOp: ElementwiseOp<null> = defineOp<null>({
  name: "cos",
  kind: "elementwise",
  infer: (inputs) => inferFloats("cos", inputs),
  formula: ([x]) => scalar.cos(x!),
  // d(cos x)/dx = -sin x
  vjp: ({ inputs: [x], cotangent }) => [mul(cotangent, neg(sin(x!)))],
});

/** Cosine of radians, elementwise. `Gradient:` `-sin x`. */
export function cos(x: Value): Value {
  return x.builder.apply(cosOp, [x], null);
}

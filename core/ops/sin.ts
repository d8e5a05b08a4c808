/**
 * Sine.
 *
 * @module
 */
import { type ElementwiseOp, scalar, type Value } from "../graph/mod.ts";
import { defineOp, inferFloats } from "./define_op.ts";
import { cos } from "./cos.ts";
import { mul } from "./mul.ts";

/** `sin x` */
export const sinOp: ElementwiseOp<null> = defineOp<null>({
  name: "sin",
  kind: "elementwise",
  infer: (inputs) => inferFloats("sin", inputs),
  formula: ([x]) => scalar.sin(x!),
  // d(sin x)/dx = cos x
  vjp: ({ inputs: [x], cotangent }) => [mul(cotangent, cos(x!))],
});

/** Sine of radians, elementwise. `Gradient:` `cos x`. */
export function sin(x: Value): Value {
  return x.builder.apply(sinOp, [x], null);
}

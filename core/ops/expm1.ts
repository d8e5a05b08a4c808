/**
 * Exponential less one.
 *
 * @module
 */
import { type ElementwiseOp, scalar, type Value } from "../graph/mod.ts";
import { add } from "./add.ts";
import { defineOp, inferFloats } from "./define_op.ts";
import { mul } from "./mul.ts";

/** `e^x - 1` */
export const expm1Op: ElementwiseOp<null> = defineOp<null>({
  name: "expm1",
  kind: "elementwise",
  definition: "expm1(x) = exp(x) - 1",
  infer: (inputs) => inferFloats("expm1", inputs),
  // e^x - 1 = tanh(x/2)·(e^x + 1), in which nothing cancels
  formula: ([x]) => scalar.mul(scalar.tanh(scalar.mul(x!, 0.5)), scalar.add(scalar.exp(x!), 1)),
  // d(e^x - 1)/dx = e^x
  vjp: ({ output, cotangent }) => [mul(cotangent, add(output, 1))],
  format: ([x]) => `expm1(${x})`,
});

/**
 * `e^x - 1`, elementwise, accurate near 0 too.
 *
 * `Gradient:` `e^x`.
 * `Numerics:` computed as `tanh(x/2)·(e^x + 1)`: a few roundings for every x; `inf` above 88.7.
 */
export function expm1(x: Value): Value {
  return x.builder.apply(expm1Op, [x], null);
}

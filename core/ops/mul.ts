/**
 * Multiplication.
 *
 * @module
 */
import { type ElementwiseOp, scalar, type Value } from "../graph/mod.ts";
import { defineOp, inferNumbers, lift, type ValueLike } from "./define_op.ts";

/** `a · b` */
export const mulOp: ElementwiseOp<null> = defineOp<null>({
  name: "mul",
  kind: "elementwise",
  infer: (inputs) => inferNumbers("mul", inputs),
  formula: ([a, b]) => scalar.mul(a!, b!),
  // ∂(a·b)/∂a = b, ∂(a·b)/∂b = a
  vjp: ({ inputs: [a, b], cotangent }) => [mul(cotangent, b!), mul(cotangent, a!)],
});

/** `a · b`, broadcast. `Gradient:` `b` and `a`. */
export function mul(a: ValueLike, b: ValueLike): Value {
  const [x, y] = lift(a, b);
  return x.builder.apply(mulOp, [x, y], null);
}

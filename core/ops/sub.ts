/**
 * Subtraction.
 *
 * @module
 */
import { type ElementwiseOp, scalar, type Value } from "../graph/mod.ts";
import { defineOp, inferNumbers, lift, type ValueLike } from "./define_op.ts";
import { neg } from "./neg.ts";

/** `a - b` */
export const subOp: ElementwiseOp<null> = defineOp<null>({
  name: "sub",
  kind: "elementwise",
  infer: (inputs) => inferNumbers("sub", inputs),
  formula: ([a, b]) => scalar.sub(a!, b!),
  // ∂(a - b)/∂a = 1, ∂(a - b)/∂b = -1
  vjp: ({ cotangent }) => [cotangent, neg(cotangent)],
});

/** `a - b`, broadcast. `Gradient:` `1` and `-1`. */
export function sub(a: ValueLike, b: ValueLike): Value {
  const [x, y] = lift(a, b);
  return x.builder.apply(subOp, [x, y], null);
}

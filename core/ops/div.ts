/**
 * Division.
 *
 * @module
 */
import { type ElementwiseOp, scalar, type Value } from "../graph/mod.ts";
import { defineOp, inferFloats, lift, type ValueLike } from "./define_op.ts";
import { mul } from "./mul.ts";
import { neg } from "./neg.ts";

/** `a / b` */
export const divOp: ElementwiseOp<null> = defineOp<null>({
  name: "div",
  kind: "elementwise",
  infer: (inputs) => inferFloats("div", inputs),
  formula: ([a, b]) => scalar.div(a!, b!),
  // ∂(a/b)/∂a = 1/b, ∂(a/b)/∂b = -(a/b)/b
  vjp: ({ inputs: [, b], output, cotangent }) => {
    const byNumerator = div(cotangent, b!);
    return [byNumerator, neg(mul(byNumerator, output))];
  },
});

/** `a / b` of floats, broadcast. `Gradient:` `1/b` and `-a/b²`. */
export function div(a: ValueLike, b: ValueLike): Value {
  const [x, y] = lift(a, b);
  return x.builder.apply(divOp, [x, y], null);
}

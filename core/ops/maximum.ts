/**
 * The larger of two.
 *
 * @module
 */
import { type ElementwiseOp, scalar, type Value } from "../graph/mod.ts";
import { add } from "./add.ts";
import { greater, greaterEqual } from "./compare.ts";
import { defineOp, inferElementwise, lift, type ValueLike } from "./define_op.ts";
import { mul } from "./mul.ts";

/** `max(a, b)` */
export const maximumOp: ElementwiseOp<null> = defineOp<null>({
  name: "maximum",
  kind: "elementwise",
  infer: (inputs) => inferElementwise("maximum", inputs),
  formula: ([a, b]) => scalar.max(a!, b!),
  // ∂max(a, b)/∂a = ([a > b] + [a ≥ b])/2: 1 to the larger, a half to each where they tie, as in PyTorch
  vjp: ({ inputs: [a, b], cotangent }) => {
    const half = mul(cotangent, 0.5);
    return [
      mul(half, add(greater(a!, b!), greaterEqual(a!, b!))),
      mul(half, add(greater(b!, a!), greaterEqual(b!, a!))),
    ];
  },
});

/**
 * The larger of two, broadcast.
 *
 * `Gradient:` to the larger; half to each where they are equal.
 * `Numerics:` NaN if either is NaN.
 */
export function maximum(a: ValueLike, b: ValueLike): Value {
  const [x, y] = lift(a, b);
  return x.builder.apply(maximumOp, [x, y], null);
}

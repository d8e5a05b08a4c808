/**
 * The smaller of two.
 *
 * @module
 */
import { type ElementwiseOp, scalar, type Value } from "../graph/mod.ts";
import { add } from "./add.ts";
import { less, lessEqual } from "./compare.ts";
import { defineOp, inferElementwise, lift, type ValueLike } from "./define_op.ts";
import { mul } from "./mul.ts";

/** `min(a, b)` */
export const minimumOp: ElementwiseOp<null> = defineOp<null>({
  name: "minimum",
  kind: "elementwise",
  infer: (inputs) => inferElementwise("minimum", inputs),
  formula: ([a, b]) => scalar.min(a!, b!),
  // ∂min(a, b)/∂a = ([a < b] + [a ≤ b])/2: 1 to the smaller, a half to each where they tie, as in PyTorch
  vjp: ({ inputs: [a, b], cotangent }) => {
    const half = mul(cotangent, 0.5);
    return [
      mul(half, add(less(a!, b!), lessEqual(a!, b!))),
      mul(half, add(less(b!, a!), lessEqual(b!, a!))),
    ];
  },
});

/**
 * The smaller of two, broadcast.
 *
 * `Gradient:` to the smaller; half to each where they are equal.
 * `Numerics:` NaN if either is NaN.
 */
export function minimum(a: ValueLike, b: ValueLike): Value {
  const [x, y] = lift(a, b);
  return x.builder.apply(minimumOp, [x, y], null);
}

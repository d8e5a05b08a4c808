/**
 * Choice by a mask.
 *
 * @module
 */
import { broadcastShapes, formatSpec } from "../tensor/mod.ts";
import { type ElementwiseOp, scalar, type Value } from "../graph/mod.ts";
import { defineOp, lift, requireDType, type ValueLike } from "./define_op.ts";

/** `a` where the mask is not 0, else `b` */
export const whereOp: ElementwiseOp<null> = defineOp<null>({
  name: "where",
  kind: "elementwise",
  infer([mask, a, b]) {
    requireDType("where", mask!, "f32");
    if (a!.dtype !== b!.dtype) {
      throw new TypeError(
        `Cannot choose between ${formatSpec(a!)} and ${formatSpec(b!)}: cast one of them`,
      );
    }
    return { shape: broadcastShapes(mask!.shape, a!.shape, b!.shape), dtype: a!.dtype };
  },
  formula: ([mask, a, b]) => scalar.select(scalar.notEqual(mask!, 0), a!, b!),
  // ∂/∂a = [mask ≠ 0], ∂/∂b = [mask = 0]; chosen, not multiplied, so that no NaN leaks from the other side
  vjp: ({ inputs: [mask], cotangent }) => [
    null,
    where(mask!, cotangent, 0),
    where(mask!, 0, cotangent),
  ],
});

/**
 * `a` where the mask (f32, as comparisons give it) is not 0, else `b`; broadcast.
 *
 * `Gradient:` to the side that was chosen; none to the mask.
 */
export function where(mask: Value, a: ValueLike, b: ValueLike): Value {
  const [yes, no] = lift(a, b);
  return mask.builder.apply(whereOp, [mask, yes, no], null);
}

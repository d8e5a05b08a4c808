/**
 * Absolute value.
 *
 * @module
 */
import { type ElementwiseOp, scalar, type Value } from "../graph/mod.ts";
import { defineOp, requireDType } from "./define_op.ts";
import { mul } from "./mul.ts";
import { sign } from "./sign.ts";

/** `|x|` */
export const absOp: ElementwiseOp<null> = defineOp<null>({
  name: "abs",
  kind: "elementwise",
  infer: ([x]) => {
    requireDType("abs", x!, "f32", "i32");
    return x!;
  },
  formula: ([x]) => scalar.abs(x!),
  // d|x|/dx = sign x, and 0 at x = 0 as in PyTorch
  vjp: ({ inputs: [x], cotangent }) => [mul(cotangent, sign(x!))],
});

/** `|x|`, elementwise, for f32 and i32. `Gradient:` `sign x`, 0 at 0. */
export function abs(x: Value): Value {
  return x.builder.apply(absOp, [x], null);
}

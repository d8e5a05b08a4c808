/**
 * Negation.
 *
 * @module
 */
import { type ElementwiseOp, scalar, type Value } from "../graph/mod.ts";
import { defineOp, requireDType } from "./define_op.ts";

/** `-x` */
export const negOp: ElementwiseOp<null> = defineOp<null>({
  name: "neg",
  kind: "elementwise",
  infer: ([x]) => {
    requireDType("neg", x!, "f32", "i32");
    return x!;
  },
  formula: ([x]) => scalar.neg(x!),
  // d(-x)/dx = -1
  vjp: ({ cotangent }) => [neg(cotangent)],
});

/** `-x`, elementwise, for f32 and i32. `Gradient:` `-1`. */
export function neg(x: Value): Value {
  return x.builder.apply(negOp, [x], null);
}

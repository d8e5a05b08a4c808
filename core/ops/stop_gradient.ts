/**
 * A barrier for gradients.
 *
 * @module
 */
import type { ElementwiseOp, Value } from "../graph/mod.ts";
import { defineOp } from "./define_op.ts";

/** `x`, of which no gradient passes */
export const stopGradientOp: ElementwiseOp<null> = defineOp<null>({
  name: "stopGradient",
  kind: "elementwise",
  infer: ([x]) => x!,
  formula: ([x]) => x!,
  // by definition none, though the derivative of the identity is 1
  vjp: "none",
  format: ([x]) => `stopGradient(${x})`,
});

/** The value itself, as a constant to whatever differentiates it. `Gradient:` none. */
export function stopGradient(x: Value): Value {
  return x.builder.apply(stopGradientOp, [x], null);
}

/**
 * Rounding down.
 *
 * @module
 */
import { type ElementwiseOp, scalar, type Value } from "../graph/mod.ts";
import { defineOp, inferFloats } from "./define_op.ts";

/** Greatest integer not above x */
export const floorOp: ElementwiseOp<null> = defineOp<null>({
  name: "floor",
  kind: "elementwise",
  infer: (inputs) => inferFloats("floor", inputs),
  formula: ([x]) => scalar.floor(x!),
  // d⌊x⌋/dx = 0 wherever it exists
  vjp: "none",
});

/** Greatest integer not above x, elementwise. `Gradient:` none. */
export function floor(x: Value): Value {
  return x.builder.apply(floorOp, [x], null);
}

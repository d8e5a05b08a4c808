/**
 * Addition.
 *
 * @module
 */
import { type ElementwiseOp, scalar, type Value } from "../graph/mod.ts";
import { defineOp, inferNumbers, lift, type ValueLike } from "./define_op.ts";

/** `a + b` */
export const addOp: ElementwiseOp<null> = defineOp<null>({
  name: "add",
  kind: "elementwise",
  infer: (inputs) => inferNumbers("add", inputs),
  formula: ([a, b]) => scalar.add(a!, b!),
  // ∂(a + b)/∂a = 1, ∂(a + b)/∂b = 1
  vjp: ({ cotangent }) => [cotangent, cotangent],
});

/** `a + b`, broadcast. */
export function add(a: ValueLike, b: ValueLike): Value {
  const [x, y] = lift(a, b);
  return x.builder.apply(addOp, [x, y], null);
}

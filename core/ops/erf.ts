/**
 * Error function.
 *
 * @module
 */
import { type ElementwiseOp, scalar, type Value } from "../graph/mod.ts";
import { defineOp, inferFloats } from "./define_op.ts";
import { exp } from "./exp.ts";
import { mul } from "./mul.ts";
import { neg } from "./neg.ts";

/** `erf x = 2/√π · ∫₀ˣ e^(-t²) dt` */
export const erfOp: ElementwiseOp<null> = defineOp<null>({
  name: "erf",
  kind: "elementwise",
  infer: (inputs) => inferFloats("erf", inputs),
  formula: ([x]) => scalar.erf(x!),
  // d(erf x)/dx = 2/√π · e^(-x²)
  vjp: (
    { inputs: [x], cotangent },
  ) => [mul(cotangent, mul(2 / Math.sqrt(Math.PI), exp(neg(mul(x!, x!)))))],
});

/** Error function `2/√π · ∫₀ˣ e^(-t²) dt`, elementwise. `Gradient:` `2/√π · e^(-x²)`. */
export function erf(x: Value): Value {
  return x.builder.apply(erfOp, [x], null);
}

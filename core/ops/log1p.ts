/**
 * Logarithm of one plus x.
 *
 * @module
 */
import { type ElementwiseOp, scalar, type Value } from "../graph/mod.ts";
import { add } from "./add.ts";
import { defineOp, inferFloats } from "./define_op.ts";
import { div } from "./div.ts";

/** Above this `1 + x` is x in float32, and the correction of Kahan's formula would be inf/inf at inf. */
const correctionLimit = 1e8;

/** `log(1 + x)` */
export const log1pOp: ElementwiseOp<null> = defineOp<null>({
  name: "log1p",
  kind: "elementwise",
  definition: "log1p(x) = log(1 + x)",
  infer: (inputs) => inferFloats("log1p", inputs),
  // Kahan: with u = 1 + x as rounded, log(u)·x/(u - 1) takes the rounding of u back; for u = 1 it is x.
  formula: ([x]) => {
    const u = scalar.add(1, x!);
    const logarithm = scalar.log(u);
    const corrected = scalar.mul(logarithm, scalar.div(x!, scalar.sub(u, 1)));
    const large = scalar.select(scalar.less(x!, correctionLimit), corrected, logarithm);
    return scalar.select(scalar.equal(u, 1), x!, large);
  },
  // d(log(1 + x))/dx = 1/(1 + x)
  vjp: ({ inputs: [x], cotangent }) => [div(cotangent, add(1, x!))],
  format: ([x]) => `log1p(${x})`,
});

/**
 * `log(1 + x)`, elementwise, accurate near 0 too.
 *
 * `Gradient:` `1/(1 + x)`.
 * `Numerics:` relative error of a few roundings for every x; `-inf` at -1, NaN below.
 * `Source:` Kahan; given by Goldberg, "What every computer scientist should know about floating-point
 * arithmetic", 1991, theorem 4.
 */
export function log1p(x: Value): Value {
  return x.builder.apply(log1pOp, [x], null);
}

/**
 * Powers.
 *
 * @module
 */
import { type ElementwiseOp, scalar, type Value } from "../graph/mod.ts";
import { equal } from "./compare.ts";
import { constantLike, defineOp, inferFloats, type ValueLike } from "./define_op.ts";
import { log } from "./log.ts";
import { mul } from "./mul.ts";
import { sqrt } from "./sqrt.ts";
import { square } from "./square.ts";
import { sub } from "./sub.ts";
import { where } from "./where.ts";

/** `base^exponent` */
export const powOp: ElementwiseOp<null> = defineOp<null>({
  name: "pow",
  kind: "elementwise",
  infer: (inputs) => inferFloats("pow", inputs),
  formula: ([base, exponent]) => scalar.pow(base!, exponent!),
  // ∂(a^b)/∂a = b·a^(b - 1), and 0 for b = 0; ∂(a^b)/∂b = a^b·log a, and 0 for a = 0
  vjp: ({ inputs: [base, exponent], output, cotangent }) => [
    where(
      equal(exponent!, 0),
      0,
      mul(cotangent, mul(exponent!, pow(base!, sub(exponent!, 1)))),
    ),
    where(equal(base!, 0), 0, mul(cotangent, mul(output, log(base!)))),
  ],
  format: ([base, exponent]) => `${base}^${exponent}`,
});

/**
 * `base^exponent`, broadcast.
 *
 * `Gradient:` by the base `exponent·base^(exponent - 1)`, 0 where the exponent is 0; by the exponent
 * `base^exponent·log(base)`, 0 where the base is 0, NaN where it is negative.
 * `Numerics:` for a base of 0 or more, or a whole exponent. The exponents 2 and 0.5 given as numbers
 * become a product and a square root.
 */
export function pow(base: Value, exponent: ValueLike): Value {
  if (exponent === 2) return square(base);
  if (exponent === 0.5) return sqrt(base);
  const power = typeof exponent === "number" ? constantLike(base, exponent) : exponent;
  return base.builder.apply(powOp, [base, power], null);
}

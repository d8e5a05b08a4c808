/**
 * Exponential linear units.
 *
 * @module
 */
import type { Value } from "../graph/mod.ts";
import { greater } from "./compare.ts";
import { expm1 } from "./expm1.ts";
import { mul } from "./mul.ts";
import { where } from "./where.ts";

/**
 * `x` where it is above 0, else `alpha·(e^x - 1)`, elementwise.
 *
 * `Gradient:` 1 above 0, else `alpha·e^x`, at 0 too.
 */
export function elu(x: Value, { alpha = 1 }: { readonly alpha?: number } = {}): Value {
  const isAbove = greater(x, 0);
  // the exponential is taken of nothing above 0: there it may be infinite, and its gradient NaN
  const below = expm1(where(isAbove, 0, x));
  return where(isAbove, x, mul(below, alpha));
}

/** For which the mean 0 and the variance 1 of the inputs of a layer are a fixed point. */
const seluAlpha = 1.6732632423543772;
const seluScale = 1.0507009873554805;

/** `scale·elu(x, alpha)`, elementwise, with the constants of self-normalizing networks. */
export function selu(x: Value): Value {
  return mul(elu(x, { alpha: seluAlpha }), seluScale);
}

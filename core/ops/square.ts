/**
 * Square.
 *
 * @module
 */
import type { Value } from "../graph/mod.ts";
import { mul } from "./mul.ts";

/** `x · x`, elementwise. `Gradient:` `2·x`. */
export function square(x: Value): Value {
  return mul(x, x);
}

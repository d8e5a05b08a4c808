/**
 * Sign.
 *
 * @module
 */
import type { Value } from "../graph/mod.ts";
import { greater, less } from "./compare.ts";
import { sub } from "./sub.ts";

/** `[x > 0] - [x < 0]`: -1, 0 or 1 (f32), elementwise; 0 for NaN. `Gradient:` none. */
export function sign(x: Value): Value {
  return sub(greater(x, 0), less(x, 0));
}

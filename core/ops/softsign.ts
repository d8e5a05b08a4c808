/**
 * Softsign.
 *
 * @module
 */
import type { Value } from "../graph/mod.ts";
import { abs } from "./abs.ts";
import { add } from "./add.ts";
import { div } from "./div.ts";

/** `x/(1 + |x|)`, elementwise. `Gradient:` `1/(1 + |x|)²`. */
export function softsign(x: Value): Value {
  return div(x, add(abs(x), 1));
}

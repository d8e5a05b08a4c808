/**
 * The rectifier that is cut off at 6, and the sigmoid and swish that are made of it.
 *
 * @module
 */
import type { Value } from "../graph/mod.ts";
import { add } from "./add.ts";
import { greaterEqual } from "./compare.ts";
import { mul } from "./mul.ts";
import { relu } from "./relu.ts";
import { where } from "./where.ts";

/** `min(max(x, 0), 6)`, elementwise; the gradient at 0 and at 6 is 0, as in PyTorch. */
export function relu6(x: Value): Value {
  const y = relu(x);
  // chosen, not compared as a minimum, whose gradient at 6 would be a half
  return where(greaterEqual(y, 6), 6, y);
}

/** `relu6(x + 3)/6`, elementwise: three straight lines. `Gradient:` 1/6 between -3 and 3, else 0. */
export function hardSigmoid(x: Value): Value {
  return mul(relu6(add(x, 3)), 1 / 6);
}

/** `x·relu6(x + 3)/6`, elementwise. `Gradient:` `x/3 + 1/2` between -3 and 3, and 0 or 1 beside. */
export function hardSwish(x: Value): Value {
  return mul(x, hardSigmoid(x));
}

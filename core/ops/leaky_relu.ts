/**
 * Leaky rectified linear unit.
 *
 * @module
 */
import type { Value } from "../graph/mod.ts";
import { greater } from "./compare.ts";
import type { ValueLike } from "./define_op.ts";
import { mul } from "./mul.ts";
import { where } from "./where.ts";

/**
 * `x` where it is above 0, else `slope·x`, elementwise.
 *
 * `Gradient:` 1 above 0, else the slope, at 0 too, as in PyTorch.
 *
 * @param slope A number, or a value that broadcasts to x and has a gradient itself.
 */
export function leakyRelu(x: Value, slope: ValueLike): Value {
  return where(greater(x, 0), x, mul(x, slope));
}

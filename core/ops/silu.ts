/**
 * Sigmoid-weighted linear unit, and mish.
 *
 * @module
 */
import type { Value } from "../graph/mod.ts";
import { mul } from "./mul.ts";
import { sigmoid } from "./sigmoid.ts";
import { softplus } from "./softplus.ts";
import { tanh } from "./tanh.ts";

/** `x·sigmoid(x)`, elementwise, also called swish. `Gradient:` `σ + x·σ·(1 - σ)`. */
export function silu(x: Value): Value {
  return mul(x, sigmoid(x));
}

/** `x·tanh(log(1 + e^x))`, elementwise. `Gradient:` `t + x·(1 - t²)·σ(x)`, with `t` the tangent. */
export function mish(x: Value): Value {
  return mul(x, tanh(softplus(x)));
}

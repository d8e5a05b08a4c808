/**
 * Softmax and its logarithm.
 *
 * @module
 */
import type { Value } from "../graph/mod.ts";
import { exp } from "./exp.ts";
import { type AxisOptions, logSumExp } from "./log_sum_exp.ts";
import { sub } from "./sub.ts";

/**
 * `x - log Σ e^x`: logarithms of the probabilities that `softmax` gives.
 *
 * `Gradient:` of `yᵢ` by `xⱼ`: `[i = j] - e^yⱼ`.
 * `Numerics:` no probability is computed, so none underflows.
 */
export function logSoftmax(x: Value, { axis = -1 }: AxisOptions = {}): Value {
  return sub(x, logSumExp(x, { axis, keepDims: true }));
}

/**
 * `e^x / Σ e^x` over an axis: positive numbers with the sum 1.
 *
 * `Gradient:` of `yᵢ` by `xⱼ`: `yᵢ·([i = j] - yⱼ)`.
 * `Numerics:` computed as `e^(x - log Σ e^x)`, so it does not overflow; the relative error grows with the
 * largest element, by about 1e-7 for each unit of it. A row of `-inf` alone gives NaN, as in PyTorch.
 */
export function softmax(x: Value, { axis = -1 }: AxisOptions = {}): Value {
  return exp(logSoftmax(x, { axis }));
}

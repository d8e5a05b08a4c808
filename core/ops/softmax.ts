/**
 * Softmax and its logarithm.
 *
 * @module
 */
import type { Value } from "../graph/mod.ts";
import { exp } from "./exp.ts";
import { type AxisOptions, logSumExp } from "./log_sum_exp.ts";
import { sub } from "./sub.ts";
import { where } from "./where.ts";

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

/** Far below every score, and far from what overflows. */
const masked = -1e30;

/**
 * `e^x / Σ e^x` over an axis, where only elements whose mask is not 0 count: the others are 0, and so is
 * a row in which none counts.
 *
 * `Gradient:` that of `softmax` over the elements that count; 0 for the others, and none to the mask.
 * `Numerics:` as `softmax`; no NaN comes of a row without elements. Scores are above -1e29.
 *
 * @param mask f32, as comparisons give it; broadcasts to x.
 */
export function maskedSoftmax(x: Value, mask: Value, { axis = -1 }: AxisOptions = {}): Value {
  return where(mask, softmax(where(mask, x, masked), { axis }), 0);
}

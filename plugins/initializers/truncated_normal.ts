/**
 * Normal initial weights without outliers.
 *
 * @module
 */
import type { Initializer } from "../../core/mod.ts";
import { drawn, requireDeviation, requireFinite, truncatedNormalAt } from "./distributions.ts";

/** Options of {@linkcode truncatedNormal}. */
export interface TruncatedNormalOptions {
  /** The mean. Default 0. */
  readonly mean?: number | undefined;
  /** The standard deviation. Default 0.05. */
  readonly std?: number | undefined;
}

/**
 * Normal of this mean and standard deviation, cut off at two standard deviations from the mean: numbers
 * beyond are drawn again, which leaves a deviation of 0.8796 `std`.
 *
 * Differs: as Keras's `TruncatedNormal`; PyTorch's `trunc_normal_` cuts off at -2 and 2, whatever the
 * deviation.
 *
 * Counterparts: Keras `TruncatedNormal`; PyTorch `init.trunc_normal_`; TensorFlow.js
 * `initializers.truncatedNormal`
 *
 * @param options.mean A finite number; default 0.
 * @param options.std A finite number of 0 or more; default 0.05.
 * @returns An initializer for any shape.
 * @throws {RangeError} When a number is not finite, or the deviation is below 0.
 *
 * @example
 * ```ts
 * import { RandomStream, truncatedNormal } from "@millrace/millrace";
 * import { assert } from "@std/assert";
 *
 * const weights = truncatedNormal().sample([300, 100], new RandomStream(0, "weight"));
 * assert(weights.every((weight) => Math.abs(weight) <= 2 * 0.05 + 1e-8));
 * ```
 */
export function truncatedNormal(
  { mean = 0, std = 0.05 }: TruncatedNormalOptions = {},
): Initializer {
  requireFinite({ mean });
  requireDeviation(std);
  return drawn(
    `truncatedNormal(mean ${mean}, std ${std})`,
    (random) => truncatedNormalAt(mean, std, random),
  );
}

/**
 * Normal initial weights.
 *
 * @module
 */
import type { Initializer } from "../../core/mod.ts";
import { drawn, normalAt, requireDeviation, requireFinite } from "./distributions.ts";

/** Options of {@linkcode randomNormal}. */
export interface RandomNormalOptions {
  /** The mean. Default 0. */
  readonly mean?: number | undefined;
  /** The standard deviation. Default 0.05. */
  readonly std?: number | undefined;
}

/**
 * Normal of this mean and standard deviation.
 *
 * Differs: as Keras's `RandomNormal`; PyTorch's `normal_` has a deviation of 1 unless told otherwise.
 *
 * Counterparts: Keras `RandomNormal`; PyTorch `init.normal_`; TensorFlow.js
 * `initializers.randomNormal`
 *
 * @param options.mean A finite number; default 0.
 * @param options.std A finite number of 0 or more; default 0.05.
 * @returns An initializer for any shape.
 * @throws {RangeError} When a number is not finite, or the deviation is below 0.
 *
 * @example
 * ```ts
 * import { randomNormal, RandomStream } from "@millrace/millrace";
 * import { assert } from "@std/assert";
 *
 * const weights = randomNormal().sample([300, 100], new RandomStream(0, "weight"));
 * assert(weights.some((weight) => Math.abs(weight) > 2 * 0.05));
 * ```
 */
export function randomNormal({ mean = 0, std = 0.05 }: RandomNormalOptions = {}): Initializer {
  requireFinite({ mean });
  requireDeviation(std);
  return drawn(`randomNormal(mean ${mean}, std ${std})`, (random) => normalAt(mean, std, random));
}

/**
 * Uniform initial weights.
 *
 * @module
 */
import type { Initializer } from "../../core/mod.ts";
import { drawn, requireFinite, uniformIn } from "./distributions.ts";

/** Options of {@linkcode randomUniform}. */
export interface RandomUniformOptions {
  /** The least. Default -0.05. */
  readonly low?: number | undefined;
  /** What all stay below. Default 0.05. */
  readonly high?: number | undefined;
}

/**
 * Uniform from `low` to below `high`.
 *
 * Differs: as Keras's `RandomUniform`; PyTorch's `uniform_` has 0 to 1 unless told otherwise.
 *
 * Counterparts: Keras `RandomUniform`; PyTorch `init.uniform_`; TensorFlow.js
 * `initializers.randomUniform`
 *
 * @param options.low A finite number; default -0.05.
 * @param options.high A finite number above `low`, or the same; default 0.05.
 * @returns An initializer for any shape.
 * @throws {RangeError} When a number is not finite, or `high` is below `low`.
 *
 * @example
 * ```ts
 * import { randomUniform, RandomStream } from "@millrace/millrace";
 * import { assert } from "@std/assert";
 *
 * const weights = randomUniform({ low: 1, high: 2 }).sample([30], new RandomStream(0, "weight"));
 * assert(weights.every((weight) => weight >= 1 && weight <= 2));
 * ```
 */
export function randomUniform(
  { low = -0.05, high = 0.05 }: RandomUniformOptions = {},
): Initializer {
  requireFinite({ low, high });
  if (high < low) {
    throw new RangeError(
      `Cannot initialize: received high ${high}, expected at least low, ${low}`,
    );
  }
  return drawn(`randomUniform(${low} to ${high})`, (random) => uniformIn(low, high, random));
}

/**
 * Uniform numbers around 0.
 *
 * @module
 */
import { type Initializer, sizeOf } from "../../core/mod.ts";

/**
 * Uniform in `[-limit, limit)`, whatever the shape: what tables of embeddings begin with, whose rows are
 * looked up and not summed.
 *
 * Differs: the default limit is Keras's `RandomUniform`.
 *
 * @param options `limit`: from 0 on; 0.05 by default.
 * @returns An initializer for any shape.
 * @throws {RangeError} When the limit is below 0 or no number.
 *
 * @example
 * ```ts
 * import { RandomStream, uniform } from "@millrace/millrace";
 * import { assert } from "@std/assert";
 *
 * const table = uniform({ limit: 0.1 }).sample([100, 8], new RandomStream(0, "weight"));
 * assert(table.every((weight) => Math.abs(weight) <= 0.1));
 * ```
 */
export function uniform({ limit = 0.05 }: { readonly limit?: number } = {}): Initializer {
  if (!(limit >= 0 && limit < Infinity)) {
    throw new RangeError(`Cannot draw uniformly: received limit ${limit}, expected 0 or more`);
  }
  return {
    name: "uniform",
    sample(shape, random) {
      const weights = new Float32Array(sizeOf(shape));
      for (let i = 0; i < weights.length; i++) weights[i] = limit * (2 * random.uniform() - 1);
      return weights;
    },
  };
}

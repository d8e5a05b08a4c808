/**
 * Initial weights that are all one number.
 *
 * @module
 */
import { type Initializer, sizeOf } from "../../core/mod.ts";

/**
 * Every element is `value`.
 *
 * Counterparts: Keras `Constant`; PyTorch `init.constant_`; TensorFlow.js `initializers.constant`
 *
 * @param value A finite number.
 * @returns An initializer for any shape.
 * @throws {RangeError} When the value is not finite.
 *
 * @example
 * ```ts
 * import { constant, RandomStream } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const weights = constant(0.5).sample([2], new RandomStream(0, "bias"));
 * assertEquals(weights, new Float32Array([0.5, 0.5]));
 * ```
 */
export function constant(value: number): Initializer {
  if (!Number.isFinite(value)) {
    throw new RangeError(`Cannot initialize with ${value}: expected a finite number`);
  }
  return {
    name: `constant(${value})`,
    sample: (shape) => new Float32Array(sizeOf(shape)).fill(value),
  };
}

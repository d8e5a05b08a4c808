/**
 * Initial weights that are all 0.
 *
 * @module
 */
import { type Initializer, sizeOf } from "../../core/mod.ts";

/**
 * Every element is 0: what biases begin with.
 *
 * Counterparts: Keras `Zeros`; PyTorch `init.zeros_`; TensorFlow.js `initializers.zeros`
 *
 * @returns An initializer for any shape.
 *
 * @example
 * ```ts
 * import { RandomStream, zeros } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(zeros().sample([2], new RandomStream(0, "bias")), new Float32Array([0, 0]));
 * ```
 */
export function zeros(): Initializer {
  return { name: "zeros", sample: (shape) => new Float32Array(sizeOf(shape)) };
}

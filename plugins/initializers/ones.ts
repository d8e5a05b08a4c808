/**
 * Initial weights that are all 1.
 *
 * @module
 */
import { type Initializer, sizeOf } from "../../core/mod.ts";

/**
 * Every element is 1: what gains begin with.
 *
 * Counterparts: Keras `Ones`; PyTorch `init.ones_`; TensorFlow.js `initializers.ones`
 *
 * @returns An initializer for any shape.
 *
 * @example
 * ```ts
 * import { ones, RandomStream } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(ones().sample([2], new RandomStream(0, "gain")), new Float32Array([1, 1]));
 * ```
 */
export function ones(): Initializer {
  return { name: "ones", sample: (shape) => new Float32Array(sizeOf(shape)).fill(1) };
}

/**
 * Initial weights that pass everything on.
 *
 * @module
 */
import { formatShape, type Initializer, type Shape } from "../../core/mod.ts";
import { requireFinite } from "./distributions.ts";

/** Options of {@linkcode identity}. */
export interface IdentityOptions {
  /** The elements of the diagonal. Default 1. */
  readonly gain?: number | undefined;
}

/**
 * The identity matrix times `gain`: 1 on the diagonal, 0 elsewhere; of a matrix that is not square,
 * the columns or rows that are left are 0.
 *
 * Differs: as Keras's `Identity` and PyTorch's `eye_`.
 *
 * Counterparts: Keras `Identity`; PyTorch `init.eye_`; TensorFlow.js `initializers.identity`
 *
 * @param options.gain A finite number; default 1.
 * @returns An initializer for shapes of two axes.
 * @throws {RangeError} When the gain is not finite, or the shape has not two axes.
 *
 * @example
 * ```ts
 * import { identity, RandomStream } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const weights = identity({ gain: 2 }).sample([2, 3], new RandomStream(0, "weight"));
 * assertEquals(weights, Float32Array.of(2, 0, 0, 0, 2, 0));
 * ```
 */
export function identity({ gain = 1 }: IdentityOptions = {}): Initializer {
  requireFinite({ gain });
  return {
    name: gain === 1 ? "identity" : `identity(gain ${gain})`,
    requireShape: requireMatrix,
    sample(shape) {
      requireMatrix(shape);
      const [rows, columns] = shape as [number, number];
      const weights = new Float32Array(rows * columns);
      for (let i = 0; i < Math.min(rows, columns); i++) weights[i * columns + i] = gain;
      return weights;
    },
  };
}

function requireMatrix(shape: Shape): void {
  if (shape.length === 2) return;
  throw new RangeError(
    `Cannot initialize with the identity: received shape ${formatShape(shape)}, ` +
      "expected two axes",
  );
}

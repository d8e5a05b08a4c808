/**
 * What layers that take a mask demand of it.
 *
 * @module
 */
import { formatShape, formatSpec, sameShape, type TensorSpec, type Value } from "../../core/mod.ts";

/**
 * Demands a mask `[batch, steps]` for a sequence `[batch, steps, …]`.
 *
 * @throws {TypeError} When it has another shape.
 */
export function requireMask(mask: Value, sequence: TensorSpec): void {
  const wanted = sequence.shape.slice(0, 2);
  if (sameShape(mask.spec.shape, wanted)) return;
  throw new TypeError(
    `Cannot mask ${formatSpec(sequence)}: received a mask of ${formatSpec(mask.spec)}, ` +
      `expected shape ${formatShape(wanted)}`,
  );
}

/**
 * Sequences `[batch, length, channels]` as images of one row, for which convolutions and poolings have
 * their kernels. Both are the same elements in the same order: nothing is copied.
 *
 * @module
 */
import { ops, type Value } from "../../core/mod.ts";

/** `[batch, length, channels]` as `[batch, 1, length, channels]`. */
export function asImages(x: Value): Value {
  const [batch, length, channels] = x.spec.shape as readonly [number, number, number];
  return ops.reshape(x, [batch, 1, length, channels]);
}

/** `[batch, 1, length, channels]` as `[batch, length, channels]`. */
export function asSequences(x: Value): Value {
  const [batch, , length, channels] = x.spec.shape as readonly [number, number, number, number];
  return ops.reshape(x, [batch, length, channels]);
}

/**
 * Stretching by repetition.
 *
 * @module
 */
import { formatShape, formatSpec, sameShape, type Shape } from "../tensor/mod.ts";
import type { MovementOp, Value } from "../graph/mod.ts";
import { defineOp } from "./define_op.ts";

/** The shape to stretch to. */
export interface BroadcastToParams {
  /** The wanted shape; x broadcasts to it. */
  readonly shape: Shape;
}

/** The elements repeated along axes that are new or had size 1 */
export const broadcastToOp: MovementOp<BroadcastToParams> = defineOp<BroadcastToParams>({
  name: "broadcastTo",
  kind: "movement",
  infer([x], { shape }) {
    if (!stretches(x!.shape, shape)) {
      throw new TypeError(`Cannot broadcast ${formatSpec(x!)} to ${formatShape(shape)}`);
    }
    return { shape, dtype: x!.dtype };
  },
  view({ shape: from, strides, offset }, { shape }) {
    const lead = shape.length - from.length;
    return {
      shape,
      strides: shape.map((_, axis) =>
        axis < lead || from[axis - lead] === 1 ? 0 : strides[axis - lead]!
      ),
      offset,
    };
  },
  // every repetition has derivative 1: the walk sums the cotangent to the input's shape
  vjp: ({ cotangent }) => [cotangent],
  format: ([x], { shape }) => `broadcastTo(${x}, ${formatShape(shape)})`,
});

/**
 * Repeats the elements along axes that are new or had size 1, as NumPy broadcasts.
 *
 * `Gradient:` the sum of the cotangent over the repetitions.
 *
 * @throws {TypeError} When the shape is not one that x broadcasts to.
 */
export function broadcastTo(x: Value, shape: Shape): Value {
  return sameShape(x.spec.shape, shape) ? x : x.builder.apply(broadcastToOp, [x], { shape });
}

function stretches(from: Shape, to: Shape): boolean {
  if (from.length > to.length) return false;
  const lead = to.length - from.length;
  return from.every((size, axis) => size === 1 || size === to[lead + axis]);
}

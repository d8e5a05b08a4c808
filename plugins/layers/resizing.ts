/**
 * How sequences and images are made larger by whole factors: views and elementwise ops, so that all of
 * it is one kernel.
 *
 * @module
 */
import { ops, type Shape, type Value } from "../../core/mod.ts";

/** Repeats every element along each axis. */
export function repeated(x: Value, counts: Shape): Value {
  const { shape } = x.spec;
  const apart = ops.reshape(x, shape.flatMap((size) => [size, 1]));
  const all = ops.broadcastTo(apart, shape.flatMap((size, axis) => [size, counts[axis]!]));
  return ops.reshape(all, shape.map((size, axis) => size * counts[axis]!));
}

/**
 * Interpolates linearly along an axis: element `i·size + r` of the result lies at
 * `i + (r + 1/2)/size - 1/2` in x, where the first and the last element go on beyond the ends.
 */
export function interpolated(
  x: Value,
  { axis, size }: { readonly axis: number; readonly size: number },
): Value {
  const { shape } = x.spec;
  const length = shape[axis]!;
  if (size === 1 || length === 0) return x;
  const part = (start: number, count: number) =>
    ops.slice(x, {
      start: shape.map((_, other) => other === axis ? start : 0),
      sizes: shape.with(axis, count),
    });
  const apart = (value: Value) => ops.reshape(value, shape.toSpliced(axis + 1, 0, 1));
  const before = ops.concatenate([part(0, 1), part(0, length - 1)], { axis });
  const after = ops.concatenate([part(1, length - 1), part(length - 1, 1)], { axis });
  const number = ops.iota(x.builder, {
    shape: shape.map(() => 1).toSpliced(axis + 1, 0, size),
    axis: axis + 1,
    dtype: "f32",
  });
  // how far behind element i, in elements: from -1/2 to 1/2
  const distance = ops.add(ops.mul(number, 1 / size), (0.5 - size / 2) / size);
  const made = ops.add(
    ops.mul(apart(x), ops.sub(1, ops.abs(distance))),
    ops.add(
      ops.mul(apart(before), ops.relu(ops.neg(distance))),
      ops.mul(apart(after), ops.relu(distance)),
    ),
  );
  return ops.reshape(made, shape.with(axis, length * size));
}

/**
 * Other shapes for the same elements in the same order.
 *
 * @module
 */
import {
  formatShape,
  formatSpec,
  normalizeAxes,
  sameShape,
  type Shape,
  sizeOf,
} from "../tensor/mod.ts";
import type { MovementOp, Value, View } from "../graph/mod.ts";
import { defineOp } from "./define_op.ts";

/** The shape to give. */
export interface ReshapeParams {
  /** The wanted shape, no size left open: as many elements as x has. */
  readonly shape: Shape;
}

/** The same elements, row-major, in another shape */
export const reshapeOp: MovementOp<ReshapeParams> = defineOp<ReshapeParams>({
  name: "reshape",
  kind: "movement",
  infer([x], { shape }) {
    if (sizeOf(shape) !== sizeOf(x!.shape)) {
      throw new TypeError(
        `Cannot reshape ${formatSpec(x!)} to ${formatShape(shape)}: ` +
          `it has ${sizeOf(x!.shape)} elements, the shape has ${sizeOf(shape)}`,
      );
    }
    return { shape, dtype: x!.dtype };
  },
  view: (input, { shape }) => {
    const strides = reshapedStrides(input, shape);
    return strides === null ? null : { shape, strides, offset: input.offset };
  },
  // the elements stay, so their gradients take the old shape again
  vjp: ({ inputs: [x], cotangent }) => [reshape(cotangent, x!.spec.shape)],
  format: ([x], { shape }) => `reshape(${x}, ${formatShape(shape)})`,
});

/**
 * The same elements, row-major, in another shape. One size may be -1: it is what the others leave.
 *
 * `Gradient:` the cotangent in the old shape.
 *
 * @throws {TypeError} When the number of elements differs.
 */
export function reshape(x: Value, shape: Shape): Value {
  const resolved = resolveShape(x, shape);
  if (sameShape(resolved, x.spec.shape)) return x;
  return x.builder.apply(reshapeOp, [x], { shape: resolved });
}

/**
 * Drops axes of size 1: those named, or all of them.
 *
 * @throws {TypeError} When a named axis has another size.
 */
export function squeeze(x: Value, axes?: readonly number[]): Value {
  const { shape } = x.spec;
  const dropped = axes === undefined
    ? shape.flatMap((size, axis) => size === 1 ? [axis] : [])
    : normalizeAxes(axes, shape.length);
  const wide = dropped.find((axis) => shape[axis] !== 1);
  if (wide !== undefined) {
    throw new TypeError(
      `Cannot squeeze axis ${wide} of ${formatSpec(x.spec)}: received size ${
        shape[wide]
      }, expected 1`,
    );
  }
  return reshape(x, shape.filter((_, axis) => !dropped.includes(axis)));
}

/**
 * Inserts axes of size 1, which have the given numbers in the result.
 *
 * @throws {RangeError} When an axis is out of the result's range.
 */
export function expandDims(x: Value, axes: readonly number[]): Value {
  const rest = [...x.spec.shape];
  const inserted = normalizeAxes(axes, rest.length + axes.length);
  const shape = Array.from(
    { length: rest.length + inserted.length },
    (_, axis) => inserted.includes(axis) ? 1 : rest.shift()!,
  );
  return reshape(x, shape);
}

function resolveShape(x: Value, shape: Shape): number[] {
  const unknown = shape.filter((size) => size === -1).length;
  if (unknown === 0) return [...shape];
  const known = sizeOf(shape.filter((size) => size !== -1));
  const rest = sizeOf(x.spec.shape) / known;
  if (unknown > 1 || !Number.isInteger(rest)) {
    throw new TypeError(
      `Cannot reshape ${formatSpec(x.spec)} to ${formatShape(shape)}: ` +
        (unknown > 1
          ? "only one size can be -1"
          : `${sizeOf(x.spec.shape)} elements are no multiple of ${known}`),
    );
  }
  return shape.map((size) => size === -1 ? rest : size);
}

/**
 * Strides under which a view shows another shape without a copy, or `null`. Axes are matched in
 * groups of equal size; a group may be split anew if its elements lie at even distances.
 */
function reshapedStrides(input: View, shape: Shape): number[] | null {
  const strides = new Array<number>(shape.length).fill(0);
  if (sizeOf(shape) === 0) return strides;
  // an axis of size 1 is never stepped along, so its stride says nothing
  const axes = [...input.shape.keys()].filter((axis) => input.shape[axis] !== 1);
  let oldEnd = axes.length - 1;
  let newEnd = shape.length - 1;
  while (oldEnd >= 0) {
    let [oldStart, newStart] = [oldEnd, newEnd];
    let oldSize = input.shape[axes[oldStart]!]!;
    let newSize = shape[newStart]!;
    while (oldSize !== newSize) {
      if (oldSize < newSize) oldSize *= input.shape[axes[--oldStart]!]!;
      else newSize *= shape[--newStart]!;
    }
    for (let k = oldStart; k < oldEnd; k++) {
      const [outer, inner] = [axes[k]!, axes[k + 1]!];
      if (input.strides[outer] !== input.strides[inner]! * input.shape[inner]!) return null;
    }
    let stride = input.strides[axes[oldEnd]!]!;
    for (let axis = newEnd; axis >= newStart; axis--) {
      strides[axis] = stride;
      stride *= shape[axis]!;
    }
    oldEnd = oldStart - 1;
    newEnd = newStart - 1;
  }
  return strides;
}

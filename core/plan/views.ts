/**
 * Views: how a value's elements are walked in the buffer of another.
 *
 * @module
 */
import { rowMajorStrides, sameShape, type Shape, sizeOf } from "../tensor/mod.ts";
import type { Value, View } from "../graph/mod.ts";

/** A load of a kernel: a value with a buffer, and how it is walked. */
export interface Load {
  readonly base: Value;
  readonly view: View;
}

/** A value as it lies in its own buffer. */
export function whole(value: Value): Load {
  const { shape } = value.spec;
  return { base: value, view: { shape, strides: rowMajorStrides(shape), offset: 0 } };
}

/** Whether a view is all of its buffer, row-major: axes of size 1 do not matter. */
export function isWhole({ base, view }: Load): boolean {
  if (view.offset !== 0 || sizeOf(view.shape) !== sizeOf(base.spec.shape)) return false;
  const strides = rowMajorStrides(view.shape);
  return view.shape.every((size, axis) => size === 1 || view.strides[axis] === strides[axis]);
}

/** A shape without its axes of size 1. */
export function squeeze(shape: Shape): number[] {
  return shape.filter((size) => size !== 1);
}

/** Whether two views are the same. */
export function sameView(a: View, b: View): boolean {
  return a.offset === b.offset && sameShape(a.shape, b.shape) &&
    a.strides.every((stride, axis) => stride === b.strides[axis]);
}

/** A view repeated along the axes that broadcasting adds or stretches. */
export function broadcastView(view: View, shape: Shape): View {
  const lead = shape.length - view.shape.length;
  const strides = shape.map((size, axis) => {
    const own = axis - lead;
    if (own < 0 || (view.shape[own] === 1 && size !== 1)) return 0;
    return view.strides[own]!;
  });
  return { shape, strides, offset: view.offset };
}

/** For each axis of a shape, the axis of an equally squeezed shape; none for axes of size 1. */
export function axisMap(from: Shape, to: Shape): (number | undefined)[] {
  const axes = to.flatMap((size, axis) => size === 1 ? [] : [axis]);
  let at = 0;
  return from.map((size) => size === 1 ? undefined : axes[at++]);
}

/** A view with axes of size 1 put in or taken out, so that it has another shape. */
export function reshapeView(view: View, shape: Shape): View {
  if (sameShape(view.shape, shape)) return view;
  const strides = view.shape.flatMap((size, axis) => size === 1 ? [] : [view.strides[axis]!]);
  let at = 0;
  return {
    shape,
    strides: shape.map((size) => size === 1 ? 0 : strides[at++]!),
    offset: view.offset,
  };
}

/**
 * Loads: how a kernel's loops walk the buffer of a value.
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

/** A shape walked row-major without gaps. */
export function rowMajorView(shape: Shape): View {
  return { shape, strides: rowMajorStrides(shape), offset: 0 };
}

/** A value as it lies in its own buffer. */
export function whole(value: Value): Load {
  return { base: value, view: rowMajorView(value.spec.shape) };
}

/** Whether a view is all of its buffer, row-major: axes of size 1 do not matter. */
export function isWhole({ base, view }: Load): boolean {
  return sizeOf(view.shape) === sizeOf(base.spec.shape) && isRowMajor(view);
}

/** Whether a view walks neighbours in order, from the first on: axes of size 1 do not matter. */
export function isRowMajor({ shape, strides, offset }: View): boolean {
  if (offset !== 0) return false;
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && strides[axis] !== stride) return false;
    stride *= shape[axis]!;
  }
  return true;
}

/** Whether two views are the same: axes of size 1 do not matter. */
export function sameView(a: View, b: View): boolean {
  return a.offset === b.offset && sameShape(a.shape, b.shape) &&
    a.strides.every((stride, axis) => a.shape[axis] === 1 || stride === b.strides[axis]);
}

/** A view repeated along the axes that broadcasting adds or stretches. */
export function broadcastView(view: View, shape: Shape): View {
  if (sameShape(view.shape, shape)) return view;
  const lead = shape.length - view.shape.length;
  const strides = shape.map((size, axis) => {
    const own = axis - lead;
    if (own < 0 || (view.shape[own] === 1 && size !== 1)) return 0;
    return view.strides[own]!;
  });
  return { shape, strides, offset: view.offset };
}

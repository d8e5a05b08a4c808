/**
 * Views: how a value is read out of the buffer of another, by strides alone.
 *
 * @module
 */
import { sameShape, type Shape, sizeOf } from "../tensor/mod.ts";

/** How a value is read out of a row-major buffer: element `offset + Σ index·strides`. */
export interface View {
  /** Sizes of the axes. */
  readonly shape: Shape;
  /** Elements between neighbours along each axis; 0 repeats. */
  readonly strides: readonly number[];
  /** Element number of the first. */
  readonly offset: number;
}

/**
 * The same places in the same order in another shape of as many elements, or `null` when no strides
 * show them. Axes are matched in groups of equal size: a group may be split anew if its elements lie
 * at even distances.
 */
export function reshapeView(view: View, shape: Shape): View | null {
  const { shape: from, strides, offset } = view;
  if (sameShape(from, shape)) return view;
  const reshaped = new Array<number>(shape.length).fill(0);
  if (sizeOf(shape) === 0) return { shape, strides: reshaped, offset };
  // an axis of size 1 is never stepped along, so its stride says nothing
  const axes: number[] = [];
  for (let axis = 0; axis < from.length; axis++) if (from[axis] !== 1) axes.push(axis);
  let oldEnd = axes.length - 1;
  let newEnd = shape.length - 1;
  while (oldEnd >= 0) {
    let [oldStart, newStart] = [oldEnd, newEnd];
    let oldSize = from[axes[oldStart]!]!;
    let newSize = shape[newStart]!;
    while (oldSize !== newSize) {
      if (oldSize < newSize) oldSize *= from[axes[--oldStart]!]!;
      else newSize *= shape[--newStart]!;
    }
    for (let k = oldStart; k < oldEnd; k++) {
      const [outer, inner] = [axes[k]!, axes[k + 1]!];
      if (strides[outer] !== strides[inner]! * from[inner]!) return null;
    }
    let stride = strides[axes[oldEnd]!]!;
    for (let axis = newEnd; axis >= newStart; axis--) {
      reshaped[axis] = stride;
      stride *= shape[axis]!;
    }
    oldEnd = oldStart - 1;
    newEnd = newStart - 1;
  }
  return { shape, strides: reshaped, offset };
}

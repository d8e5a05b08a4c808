/**
 * Shapes, their text, and the rules of broadcasting.
 *
 * @module
 */
import type { DType } from "./dtype.ts";

/** Sizes of the axes, outermost first; `[]` is a scalar. */
export type Shape = readonly number[];

/** Shape and element type of a value. */
export interface TensorSpec {
  /** Sizes of the axes, outermost first. */
  readonly shape: Shape;
  /** Element type. */
  readonly dtype: DType;
}

/** Number of elements of a shape; 1 for a scalar. */
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (const own of shape) size *= own;
  return size;
}

/** Elements between neighbours along each axis of a row-major tensor. */
export function rowMajorStrides(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis]!;
  }
  return strides;
}

/** Tells whether two shapes are the same. */
export function sameShape(a: Shape, b: Shape): boolean {
  if (a.length !== b.length) return false;
  for (let axis = 0; axis < a.length; axis++) if (a[axis] !== b[axis]) return false;
  return true;
}

/** Tells whether two specs are the same. */
export function sameSpec(a: TensorSpec, b: TensorSpec): boolean {
  return a.dtype === b.dtype && sameShape(a.shape, b.shape);
}

/**
 * The shape to which shapes broadcast: axes are aligned from the last, and an axis of size 1
 * stretches, as in NumPy.
 *
 * @throws {TypeError} When two sizes differ and neither is 1.
 */
export function broadcastShapes(...shapes: readonly Shape[]): number[] {
  const rank = Math.max(0, ...shapes.map((shape) => shape.length));
  const result = new Array<number>(rank).fill(1);
  for (const shape of shapes) {
    const lead = rank - shape.length;
    for (let i = 0; i < shape.length; i++) {
      const size = shape[i]!;
      const current = result[lead + i]!;
      if (size === current || size === 1) continue;
      if (current !== 1) {
        throw new TypeError(
          `Cannot broadcast shapes ${shapes.map(formatShape).join(" and ")}: ` +
            `axis ${lead + i} has sizes ${current} and ${size}`,
        );
      }
      result[lead + i] = size;
    }
  }
  return result;
}

/**
 * Brings axes, which may count from the end as negative numbers, into ascending order without repeats.
 *
 * @throws {RangeError} When an axis is out of range.
 */
export function normalizeAxes(axes: readonly number[], rank: number): number[] {
  const normalized = axes.map((axis) => {
    const result = axis < 0 ? axis + rank : axis;
    if (!Number.isInteger(axis) || result < 0 || result >= rank) {
      throw new RangeError(`Cannot use axis ${axis}: the tensor has rank ${rank}`);
    }
    return result;
  });
  return [...new Set(normalized)].sort((a, b) => a - b);
}

/** Renders a shape: `[32, 784]`. */
export function formatShape(shape: readonly (number | string)[]): string {
  return `[${shape.join(", ")}]`;
}

/** Renders a spec: `f32[32, 784]`. */
export function formatSpec(spec: {
  readonly dtype: string;
  readonly shape: readonly (number | string)[];
}): string {
  return `${spec.dtype}${formatShape(spec.shape)}`;
}

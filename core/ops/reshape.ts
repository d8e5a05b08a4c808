/**
 * Other shapes for the same elements in the same order.
 *
 * @module
 */
import { formatAmount } from "../format.ts";
import {
  formatShape,
  formatSpec,
  normalizeAxes,
  sameShape,
  type Shape,
  sizeOf,
} from "../tensor/mod.ts";
import { type MovementOp, reshapeView, type Value } from "../graph/mod.ts";
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
          `it has ${formatAmount(sizeOf(x!.shape), "element")}, the shape has ${sizeOf(shape)}`,
      );
    }
    return { shape, dtype: x!.dtype };
  },
  view: (input, { shape }) => reshapeView(input, shape),
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
          : `${formatAmount(sizeOf(x.spec.shape), "element")} do not divide by ${known}`),
    );
  }
  return shape.map((size) => size === -1 ? rest : size);
}

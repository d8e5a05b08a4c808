/**
 * Axes in another order.
 *
 * @module
 */
import { formatSpec, normalizeAxes } from "../tensor/mod.ts";
import type { MovementOp, Value } from "../graph/mod.ts";
import { defineOp } from "./define_op.ts";

/** The order of the axes. */
export interface TransposeParams {
  /** For each axis of the result, the axis of the input that it is. */
  readonly permutation: readonly number[];
}

/** The axes in another order */
export const transposeOp: MovementOp<TransposeParams> = defineOp<TransposeParams>({
  name: "transpose",
  kind: "movement",
  infer([x], { permutation }) {
    const rank = x!.shape.length;
    if (permutation.length !== rank || normalizeAxes(permutation, rank).length !== rank) {
      throw new TypeError(
        `Cannot transpose ${formatSpec(x!)} by [${permutation.join(", ")}]: ` +
          `expected each of its ${rank} axes once`,
      );
    }
    return { shape: permutation.map((axis) => x!.shape[axis]!), dtype: x!.dtype };
  },
  view: ({ shape, strides, offset }, { permutation }) => ({
    shape: permutation.map((axis) => shape[axis]!),
    strides: permutation.map((axis) => strides[axis]!),
    offset,
  }),
  // the elements stay, so their gradients go back by the inverse permutation
  vjp: ({ cotangent, params: { permutation } }) => [
    transpose(cotangent, permutation.map((_, axis) => permutation.indexOf(axis))),
  ],
  format: ([x], { permutation }) =>
    permutation.length === 2 && permutation[0] === 1
      ? `${x}ᵀ`
      : `transpose(${x}, [${permutation.join(", ")}])`,
});

/**
 * The axes in another order; reversed by default.
 *
 * `Gradient:` the cotangent by the inverse permutation.
 *
 * @param permutation For each axis of the result, the axis of x that it is.
 * @throws {TypeError} When it does not name each axis once.
 */
export function transpose(x: Value, permutation?: readonly number[]): Value {
  const rank = x.spec.shape.length;
  const order = permutation?.map((axis) => axis < 0 ? axis + rank : axis) ??
    Array.from({ length: rank }, (_, axis) => rank - 1 - axis);
  const isIdentity = order.length === rank && order.every((axis, place) => axis === place);
  return isIdentity ? x : x.builder.apply(transposeOp, [x], { permutation: order });
}

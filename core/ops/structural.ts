/**
 * What the reverse walk itself needs: the request for a gradient, and the ways to sum cotangents.
 *
 * @module
 */
import { formatShape, formatSpec, sameShape, type Shape } from "../tensor/mod.ts";
import type { SymbolicOp, Value } from "../graph/mod.ts";
import { add } from "./add.ts";
import { broadcastTo } from "./broadcast_to.ts";
import { constantLike, defineOp } from "./define_op.ts";
import { reduceSum } from "./reduce_sum.ts";
import { reshape } from "./reshape.ts";

/** `∂loss/∂parameter`; `core/differentiate` replaces it by what the ops' own rules give */
export const gradientOp: SymbolicOp<null> = defineOp<null>({
  name: "gradient",
  kind: "symbolic",
  infer([loss, parameter]) {
    if (loss!.dtype !== "f32" || loss!.shape.length > 0) {
      throw new TypeError(
        `Cannot differentiate: received a loss of ${formatSpec(loss!)}, expected f32[]`,
      );
    }
    if (parameter!.dtype !== "f32") {
      throw new TypeError(
        `Cannot differentiate by ${formatSpec(parameter!)}: expected dtype f32`,
      );
    }
    return parameter!;
  },
  vjp: "none",
  format: ([loss, parameter]) => `∂${loss}/∂${parameter}`,
});

/**
 * Gradient of a scalar loss by a parameter, in the parameter's shape.
 *
 * @throws {TypeError} When the loss is not a scalar of f32, or the parameter is not f32.
 */
export function gradient(loss: Value, parameter: Value): Value {
  return loss.builder.apply(gradientOp, [loss, parameter], null);
}

/** The sum of two cotangents of one value. */
export function accumulate(a: Value, b: Value): Value {
  return add(a, b);
}

/** Zeros in the shape and dtype of a value. */
export function zerosLike(value: Value): Value {
  return broadcastTo(constantLike(value, 0), value.spec.shape);
}

/**
 * Sums over the axes along which a shape was broadcast, so that the result has exactly that shape.
 *
 * @throws {TypeError} When the shape does not broadcast to that of the value.
 */
export function sumTo(value: Value, shape: Shape): Value {
  const from = value.spec.shape;
  if (sameShape(from, shape)) return value;
  const lead = from.length - shape.length;
  const fits = lead >= 0 &&
    shape.every((size, axis) => size === 1 || size === from[lead + axis]);
  if (!fits) {
    throw new TypeError(`Cannot sum ${formatSpec(value.spec)} to ${formatShape(shape)}`);
  }
  const axes = from.flatMap((size, axis) =>
    axis < lead || (shape[axis - lead] === 1 && size !== 1) ? [axis] : []
  );
  return reshape(reduceSum(value, { axes, keepDims: true }), shape);
}

/**
 * Counting along an axis.
 *
 * @module
 */
import { formatShape, type Shape } from "../tensor/mod.ts";
import { type ElementwiseOp, type GraphBuilder, scalar, type Value } from "../graph/mod.ts";
import { defineOp } from "./define_op.ts";

/** What is counted. */
export interface IotaParams {
  /** Shape of the result. */
  readonly shape: Shape;
  /** The axis whose coordinate is the number. */
  readonly axis: number;
  /** Element type of the result. */
  readonly dtype: "f32" | "i32" | "u32";
}

/** Each element's coordinate along an axis */
export const iotaOp: ElementwiseOp<IotaParams> = defineOp<IotaParams>({
  name: "iota",
  kind: "elementwise",
  infer(_, { shape, axis, dtype }) {
    if (!Number.isInteger(axis) || axis < 0 || axis >= shape.length) {
      throw new RangeError(`Cannot count along axis ${axis} of ${formatShape(shape)}`);
    }
    return { shape, dtype };
  },
  formula: (_, { axis, dtype }) => scalar.cast(scalar.index(axis), dtype),
  vjp: "none",
  format: (_, { shape, axis }) => `iota(${formatShape(shape)}, axis ${axis})`,
});

/** Each element's coordinate along an axis: 0, 1, 2, … `Gradient:` none. */
export function iota(builder: GraphBuilder, params: IotaParams): Value {
  return builder.apply(iotaOp, [], params);
}

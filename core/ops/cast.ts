/**
 * Conversion of the element type.
 *
 * @module
 */
import type { DType } from "../tensor/mod.ts";
import { type ElementwiseOp, scalar, type Value } from "../graph/mod.ts";
import { defineOp } from "./define_op.ts";

/** The dtype to convert to. */
export interface CastParams {
  /** The wanted element type. */
  readonly dtype: DType;
}

/** The same numbers in another dtype */
export const castOp: ElementwiseOp<CastParams> = defineOp<CastParams>({
  name: "cast",
  kind: "elementwise",
  infer: ([x], { dtype }) => ({ shape: x!.shape, dtype }),
  formula([x], { dtype }) {
    if (dtype !== "u8") return scalar.cast(x!, scalar.scalarTypeOf(dtype));
    // what is negative becomes 0, not the large u32 with the same bits
    const word = x!.type === "i32" ? scalar.cast(scalar.max(x!, 0), "u32") : scalar.cast(x!, "u32");
    return scalar.min(word, 255);
  },
  // f32 is the only float, so every cast has whole numbers on one side: there is no derivative
  vjp: "none",
  format: ([x], { dtype }) => `${dtype}(${x})`,
});

/**
 * The same numbers in another dtype; the value itself when it has that dtype.
 *
 * `Gradient:` none: one side is always of whole numbers.
 * `Numerics:` floats are truncated toward 0; what does not fit becomes the nearest end of the range,
 * NaN becomes 0. Between i32 and u32 the bits stay; to u8 what does not fit becomes 0 or 255.
 */
export function cast(x: Value, dtype: DType): Value {
  return x.spec.dtype === dtype ? x : x.builder.apply(castOp, [x], { dtype });
}

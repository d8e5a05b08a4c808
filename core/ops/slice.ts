/**
 * A block out of a tensor.
 *
 * @module
 */
import { formatSpec, sameShape, type Shape } from "../tensor/mod.ts";
import type { MovementOp, Value } from "../graph/mod.ts";
import { defineOp } from "./define_op.ts";
import { pad } from "./pad.ts";

/** Which block. */
export interface SliceParams {
  /** First coordinate along each axis. */
  readonly start: readonly number[];
  /** Number of coordinates along each axis. */
  readonly sizes: Shape;
}

/** The block that starts at `start` and has the shape `sizes` */
export const sliceOp: MovementOp<SliceParams> = defineOp<SliceParams>({
  name: "slice",
  kind: "movement",
  infer([x], { start, sizes }) {
    const rank = x!.shape.length;
    if (start.length !== rank || sizes.length !== rank) {
      throw new TypeError(
        `Cannot slice ${
          formatSpec(x!)
        }: received ${start.length} starts and ${sizes.length} sizes, ` +
          `expected ${rank} of each`,
      );
    }
    for (const [axis, size] of x!.shape.entries()) {
      const [first, count] = [start[axis]!, sizes[axis]!];
      const whole = Number.isInteger(first) && Number.isInteger(count);
      if (!whole || first < 0 || count < 0 || first + count > size) {
        throw new RangeError(
          `Cannot slice ${formatSpec(x!)} by ${
            formatBlock(start, sizes)
          }: axis ${axis} has ${size} elements`,
        );
      }
    }
    return { shape: sizes, dtype: x!.dtype };
  },
  view: ({ strides, offset }, { start, sizes }) => ({
    shape: sizes,
    strides,
    offset: start.reduce((sum, first, axis) => sum + first * strides[axis]!, offset),
  }),
  // ∂/∂x is 1 inside the block and 0 around it
  vjp: ({ inputs: [x], cotangent, params: { start, sizes } }) => [
    pad(cotangent, {
      before: start,
      after: x!.spec.shape.map((size, axis) => size - start[axis]! - sizes[axis]!),
    }),
  ],
  format: ([x], { start, sizes }) => `${x}${formatBlock(start, sizes)}`,
});

/**
 * The block that starts at `start` and has the shape `sizes`.
 *
 * `Gradient:` the cotangent, with zeros around it.
 *
 * @throws {RangeError} When the block reaches beyond x.
 */
export function slice(x: Value, { start, sizes }: SliceParams): Value {
  if (sameShape(sizes, x.spec.shape) && start.every((first) => first === 0)) return x;
  return x.builder.apply(sliceOp, [x], { start, sizes });
}

/** `[0:2, 1:3]`: from the first coordinate to behind the last, along each axis. */
function formatBlock(start: readonly number[], sizes: Shape): string {
  return `[${start.map((first, axis) => `${first}:${first + sizes[axis]!}`).join(", ")}]`;
}

/**
 * A block out of a tensor, or every so-many-th element of one.
 *
 * @module
 */
import { formatAmount } from "../format.ts";
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
  /** Distance from one coordinate to the next along each axis; 1 for neighbours. */
  readonly strides: readonly number[];
}

/** The block that starts at `start` and has the shape `sizes`, in steps of `strides` */
export const sliceOp: MovementOp<SliceParams> = defineOp<SliceParams>({
  name: "slice",
  kind: "movement",
  infer([x], { start, sizes, strides }) {
    const rank = x!.shape.length;
    if (start.length !== rank || sizes.length !== rank || strides.length !== rank) {
      throw new TypeError(
        `Cannot slice ${
          formatSpec(x!)
        }: received ${start.length} starts, ${sizes.length} sizes and ${strides.length} strides, ` +
          `expected ${rank} of each`,
      );
    }
    for (const [axis, size] of x!.shape.entries()) {
      const [first, count, step] = [start[axis]!, sizes[axis]!, strides[axis]!];
      const whole = [first, count, step].every(Number.isInteger);
      if (!whole || first < 0 || count < 0 || step < 1 || first + spanOf(count, step) > size) {
        throw new RangeError(
          `Cannot slice ${formatSpec(x!)} by ${
            formatBlock({ start, sizes, strides })
          }: axis ${axis} has ${formatAmount(size, "element")}`,
        );
      }
    }
    return { shape: sizes, dtype: x!.dtype };
  },
  view: (input, { start, sizes, strides }) => ({
    shape: sizes,
    strides: input.strides.map((stride, axis) => stride * strides[axis]!),
    offset: start.reduce((sum, first, axis) => sum + first * input.strides[axis]!, input.offset),
  }),
  // ∂/∂x is 1 at what was taken, and 0 between and around
  vjp: ({ inputs: [x], cotangent, params: { start, sizes, strides } }) => [
    pad(cotangent, {
      before: start,
      interior: strides.map((step) => step - 1),
      after: x!.spec.shape.map((size, axis) =>
        size - start[axis]! - spanOf(sizes[axis]!, strides[axis]!)
      ),
    }),
  ],
  format: ([x], params) => `${x}${formatBlock(params)}`,
});

/**
 * The block that starts at `start` and has the shape `sizes`; with `strides` every so-many-th element
 * along each axis.
 *
 * `Gradient:` the cotangent, with zeros between and around.
 *
 * @throws {RangeError} When the block reaches beyond x, or a stride is below 1.
 */
export function slice(
  x: Value,
  { start, sizes, strides = start.map(() => 1) }:
    & Omit<SliceParams, "strides">
    & Partial<Pick<SliceParams, "strides">>,
): Value {
  if (sameShape(sizes, x.spec.shape) && start.every((first) => first === 0)) return x;
  return x.builder.apply(sliceOp, [x], { start, sizes, strides });
}

/** Elements from the first of `count` to the last, both included. */
function spanOf(count: number, step: number): number {
  return count === 0 ? 0 : (count - 1) * step + 1;
}

/** `[0:2, 1:9:3]`: from the first coordinate to behind the last, and the step unless 1, along each axis. */
function formatBlock({ start, sizes, strides }: SliceParams): string {
  const ranges = start.map((first, axis) => {
    const step = strides[axis]!;
    return `${first}:${first + spanOf(sizes[axis]!, step)}${step === 1 ? "" : `:${step}`}`;
  });
  return `[${ranges.join(", ")}]`;
}

/**
 * A border of a constant.
 *
 * Views cannot make elements, so padding is an op of its own. On a device without a kernel it is
 * made of exact parts: the tensor is repeated until it covers the border, a block is cut out of the
 * repetitions so that one of them lies where it belongs, and a mask writes the constant over the rest.
 *
 * @module
 */
import { formatSpec, rowMajorStrides, type Shape } from "../tensor/mod.ts";
import type { OpaqueOp, Value } from "../graph/mod.ts";
import { broadcastTo } from "./broadcast_to.ts";
import { greaterEqual, less } from "./compare.ts";
import { constantLike, defineOp } from "./define_op.ts";
import { iota } from "./iota.ts";
import { mul } from "./mul.ts";
import { reshape } from "./reshape.ts";
import { slice } from "./slice.ts";
import { where } from "./where.ts";

/** The border. */
export interface PadParams {
  /** Number of elements put in front along each axis. */
  readonly before: readonly number[];
  /** Number of elements put behind along each axis. */
  readonly after: readonly number[];
  /** What the border is made of. */
  readonly value: number;
}

/** x inside a border of a constant */
export const padOp: OpaqueOp<PadParams> = defineOp<PadParams>({
  name: "pad",
  kind: "opaque",
  infer([x], { before, after }) {
    const rank = x!.shape.length;
    const all = [...before, ...after];
    if (before.length !== rank || after.length !== rank) {
      throw new TypeError(
        `Cannot pad ${formatSpec(x!)}: received ${before.length} and ${after.length} widths, ` +
          `expected ${rank} of each`,
      );
    }
    const odd = all.find((width) => !Number.isInteger(width) || width < 0);
    if (odd !== undefined) {
      throw new RangeError(
        `Cannot pad ${
          formatSpec(x!)
        }: received a width of ${odd}, expected an integer of 0 or more`,
      );
    }
    return {
      shape: x!.shape.map((size, axis) => before[axis]! + size + after[axis]!),
      dtype: x!.dtype,
    };
  },
  reference({ inputs: [x], output, params: { before, value } }) {
    output.data.fill(value);
    copyBlock(x!, { output, start: before });
  },
  decompose: ([x], { before, after, value }) =>
    x!.spec.shape.reduce(
      (padded, _, axis) =>
        padAxis(padded, { axis, before: before[axis]!, after: after[axis]!, value }),
      x!,
    ),
  // ∂/∂x is 1 where x lies; the border has no derivative
  vjp: ({ inputs: [x], cotangent, params: { before } }) => [
    slice(cotangent, { start: before, sizes: x!.spec.shape }),
  ],
  format: ([x], { before, after, value }) =>
    `pad(${x}, [${before.map((width, axis) => `${width}+${after[axis]}`).join(", ")}]${
      value === 0 ? "" : `, ${value}`
    })`,
});

/**
 * Puts a border of a constant around x.
 *
 * `Gradient:` the cotangent without the border.
 *
 * @param options `before` and `after`: the widths along each axis; `value`: the constant, 0 by default.
 * @throws {RangeError} When a width is negative.
 */
export function pad(
  x: Value,
  { before, after, value = 0 }: Omit<PadParams, "value"> & { readonly value?: number },
): Value {
  if ([...before, ...after].every((width) => width === 0)) return x;
  return x.builder.apply(padOp, [x], { before, after, value });
}

/** A tensor as `reference` has it. */
interface Block {
  readonly shape: Shape;
  readonly data: Float64Array;
}

/** Copies a row-major block into a row-major tensor, from coordinates `start` on. */
export function copyBlock(
  block: Block,
  { output, start }: { readonly output: Block; readonly start: readonly number[] },
): void {
  const [from, to] = [rowMajorStrides(block.shape), rowMajorStrides(output.shape)];
  for (let i = 0; i < block.data.length; i++) {
    let place = 0;
    for (let axis = 0; axis < from.length; axis++) {
      const coordinate = Math.floor(i / from[axis]!) % block.shape[axis]!;
      place += (start[axis]! + coordinate) * to[axis]!;
    }
    output.data[place] = block.data[i]!;
  }
}

/**
 * Repeats x along an axis without end in both directions and cuts out `size` elements, so that
 * element `before` of the result is the first of x. The axis must not be empty.
 */
export function repeatAlong(
  x: Value,
  { axis, before, size }: { readonly axis: number; readonly before: number; readonly size: number },
): Value {
  const { shape } = x.spec;
  const length = shape[axis]!;
  const copiesBefore = Math.ceil(before / length);
  const copies = copiesBefore + Math.ceil((size - before) / length);
  const [outer, inner] = [shape.slice(0, axis), shape.slice(axis + 1)];
  const repeated = reshape(
    broadcastTo(reshape(x, [...outer, 1, length, ...inner]), [...outer, copies, length, ...inner]),
    [...outer, copies * length, ...inner],
  );
  return slice(repeated, {
    start: shape.map((_, other) => other === axis ? copiesBefore * length - before : 0),
    sizes: [...outer, size, ...inner],
  });
}

/** Coordinates along an axis, in a shape that broadcasts over the other axes. */
export function coordinates(
  x: Value,
  { axis, size }: { readonly axis: number; readonly size: number },
): Value {
  const shape = x.spec.shape.map((_, other) => other === axis ? size : 1);
  return iota(x.builder, { shape, axis, dtype: "u32" });
}

function padAxis(
  x: Value,
  { axis, before, after, value }: {
    readonly axis: number;
    readonly before: number;
    readonly after: number;
    readonly value: number;
  },
): Value {
  if (before + after === 0) return x;
  const length = x.spec.shape[axis]!;
  const size = before + length + after;
  if (length === 0) {
    const shape = x.spec.shape.map((other, place) => place === axis ? size : other);
    return broadcastTo(constantLike(x, value), shape);
  }
  const place = coordinates(x, { axis, size });
  const inside = mul(greaterEqual(place, before), less(place, before + length));
  return where(inside, repeatAlong(x, { axis, before, size }), value);
}

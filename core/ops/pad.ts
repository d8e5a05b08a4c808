/**
 * A constant around a tensor and between its elements.
 *
 * Views cannot make elements, so padding is an op of its own. On a device without a kernel it is
 * made of exact parts: the tensor is repeated until it covers the border, a block is cut out of the
 * repetitions so that one of them lies where it belongs, and a mask writes the constant over the rest.
 * Elements move apart as axes of size 1 that are padded behind.
 *
 * @module
 */
import { formatSpec, rowMajorStrides, type Shape } from "../tensor/mod.ts";
import type { OpaqueOp, Term, Value } from "../graph/mod.ts";
import { broadcastTo } from "./broadcast_to.ts";
import { greaterEqual, less } from "./compare.ts";
import { concatenate } from "./concatenate.ts";
import { constantLike, defineOp, fillOp } from "./define_op.ts";
import { iota } from "./iota.ts";
import { mul } from "./mul.ts";
import { reshape } from "./reshape.ts";
import { slice } from "./slice.ts";
import { where } from "./where.ts";

/** The border, and what is put between neighbours. */
export interface PadParams {
  /** Number of elements put in front along each axis. */
  readonly before: readonly number[];
  /** Number of elements put behind along each axis. */
  readonly after: readonly number[];
  /** Number of elements put between neighbours along each axis. */
  readonly interior: readonly number[];
  /** What is put there. */
  readonly value: number;
}

/** x inside a border of a constant, which may also move its elements apart */
export const padOp: OpaqueOp<PadParams> = defineOp<PadParams>({
  name: "pad",
  kind: "opaque",
  infer([x], { before, after, interior, value }) {
    const rank = x!.shape.length;
    const all = [...before, ...after, ...interior];
    if (before.length !== rank || after.length !== rank || interior.length !== rank) {
      throw new TypeError(
        `Cannot pad ${formatSpec(x!)}: received ${before.length} widths before, ` +
          `${after.length} after and ${interior.length} between, expected ${rank} of each`,
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
    const { dtype } = fillOp.infer([], { value, dtype: x!.dtype });
    const shape = x!.shape.map((size, axis) =>
      before[axis]! + spreadSize(size, interior[axis]!) + after[axis]!
    );
    return { shape, dtype };
  },
  reference({ inputs: [x], output, params: { before, interior, value } }) {
    output.data.fill(value);
    copyBlock(x!, { output, start: before, strides: interior.map((width) => width + 1) });
  },
  decompose: ([x], { before, after, interior, value }) =>
    x!.spec.shape.reduce(
      (padded, _, axis) =>
        padAxis(spreadAxis(padded, { axis, interior: interior[axis]!, value }), {
          axis,
          before: before[axis]!,
          after: after[axis]!,
          value,
        }),
      x!,
    ),
  // ∂/∂x is 1 where x lies; what is put around and between has no derivative
  vjp: ({ inputs: [x], cotangent, params: { before, interior } }) => [
    slice(cotangent, {
      start: before,
      sizes: x!.spec.shape,
      strides: interior.map((width) => width + 1),
    }),
  ],
  total: totalOfPaddings,
  format: ([x], { before, after, interior, value }) => {
    const border = `[${before.map((width, axis) => `${width}+${after[axis]}`).join(", ")}]`;
    const apart = interior.some((width) => width > 0) ? `, interior [${interior.join(", ")}]` : "";
    return `pad(${x}, ${border}${apart}${value === 0 ? "" : `, ${value}`})`;
  },
});

/**
 * Zeros around tensors that lie beside each other along one axis add up to these tensors one behind the
 * other, with zeros where there is none; `null` where they overlap, or differ along a second axis.
 */
function totalOfPaddings(terms: readonly Term[]): Value | null {
  const blocks = terms.map(({ inputs: [x], params }) => ({ x: x!, ...params as PadParams }));
  const [{ x: { spec }, before, after }] = blocks as [typeof blocks[number]];
  const axis =
    blocks.flatMap((block) =>
      block.before.flatMap((width, axis) =>
        width === before[axis] && block.after[axis] === after[axis] ? [] : [axis]
      )
    )[0];
  if (axis === undefined) return null;
  const isBeside = blocks.every((block) =>
    block.value === 0 && block.interior.every((width) => width === 0) &&
    block.before.every((width, other) =>
      other === axis || (width === before[other] && block.after[other] === after[other])
    )
  );
  if (!isBeside) return null;
  const size = before[axis]! + spec.shape[axis]! + after[axis]!;
  const pieces: Value[] = [];
  let filled = 0;
  const fillTo = (place: number): void => {
    if (place === filled) return;
    const gap = spec.shape.with(axis, place - filled);
    pieces.push(broadcastTo(constantLike(blocks[0]!.x, 0), gap));
  };
  for (const { x, before } of blocks.toSorted((a, b) => a.before[axis]! - b.before[axis]!)) {
    if (before[axis]! < filled) return null;
    fillTo(before[axis]!);
    pieces.push(x);
    filled = before[axis]! + x.spec.shape[axis]!;
  }
  fillTo(size);
  const none = before.map(() => 0);
  return pad(concatenate(pieces, { axis }), {
    before: before.with(axis, 0),
    after: after.with(axis, 0),
    interior: none,
    value: 0,
  });
}

/**
 * Puts a constant around x, and between its elements.
 *
 * `Gradient:` the cotangent at the places of x.
 *
 * @param options `before` and `after`: the widths along each axis; `interior`: the number of elements
 * put between neighbours along each axis, 0 by default; `value`: the constant, 0 by default.
 * @throws {RangeError} When a width is negative, or x's dtype does not have `value`.
 */
export function pad(
  x: Value,
  { before, after, interior = before.map(() => 0), value = 0 }:
    & Omit<PadParams, "interior" | "value">
    & Partial<Pick<PadParams, "interior" | "value">>,
): Value {
  if ([...before, ...after, ...interior].every((width) => width === 0)) return x;
  return x.builder.apply(padOp, [x], { before, after, interior, value });
}

/** A tensor as `reference` has it. */
interface Block {
  readonly shape: Shape;
  readonly data: Float64Array;
}

/** Copies a row-major block into a row-major tensor, from coordinates `start` on in steps of `strides`. */
export function copyBlock(
  block: Block,
  { output, start, strides = start.map(() => 1) }: {
    readonly output: Block;
    readonly start: readonly number[];
    readonly strides?: readonly number[];
  },
): void {
  const [from, to] = [rowMajorStrides(block.shape), rowMajorStrides(output.shape)];
  for (let i = 0; i < block.data.length; i++) {
    let place = 0;
    for (let axis = 0; axis < from.length; axis++) {
      const coordinate = Math.floor(i / from[axis]!) % block.shape[axis]!;
      place += (start[axis]! + coordinate * strides[axis]!) * to[axis]!;
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

/** Size of an axis whose elements have `interior` others between them. */
function spreadSize(size: number, interior: number): number {
  return size === 0 ? 0 : (size - 1) * (interior + 1) + 1;
}

/** Moves elements apart: each becomes an axis of its own, is padded behind, and the last padding is cut off. */
function spreadAxis(
  x: Value,
  { axis, interior, value }: {
    readonly axis: number;
    readonly interior: number;
    readonly value: number;
  },
): Value {
  const { shape } = x.spec;
  const length = shape[axis]!;
  if (interior === 0 || length < 2) return x;
  const [outer, inner] = [shape.slice(0, axis), shape.slice(axis + 1)];
  const apart = padAxis(reshape(x, [...outer, length, 1, ...inner]), {
    axis: axis + 1,
    before: 0,
    after: interior,
    value,
  });
  return slice(reshape(apart, [...outer, length * (interior + 1), ...inner]), {
    start: shape.map(() => 0),
    sizes: [...outer, spreadSize(length, interior), ...inner],
  });
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

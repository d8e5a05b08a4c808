/**
 * What a sample of an op is, and what the families of samples share: how inputs are drawn, and how
 * their elements are found.
 *
 * @module
 */
import { type DType, RandomStream, type Shape, sizeOf } from "../../../core/tensor/mod.ts";
import type { Op } from "../../../core/graph/mod.ts";
import { type Block, placeOf } from "../evaluate.ts";

/** How the elements of an input are drawn. */
export type Draw =
  /** Uniform floats. */
  | { readonly from: number; readonly to: number }
  /** Uniform whole numbers, both ends included. */
  | { readonly whole: readonly [number, number] }
  /** These, over and over. */
  | { readonly list: readonly number[] };

/** One input of a sample. */
export interface SampleInput {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly draw: Draw;
}

/** An op applied once. */
export interface OpSample {
  readonly op: Op;
  readonly params: unknown;
  readonly inputs: readonly SampleInput[];
  /** What comes out, computed plainly; absent where a test of the op's own says it. */
  readonly plain?: (inputs: readonly Block[]) => ArrayLike<number>;
  /** Set where central differences say nothing, as at NaN: gradients are not compared. */
  readonly valuesOnly?: boolean;
  /** By what factor a float32 device's error may be above what is usual; 1 by default. */
  readonly looseness?: number;
}

/** Floats on both sides of 0. */
export const small: Draw = { from: -2, to: 2 };
/** Floats above 0. */
export const positive: Draw = { from: 0.1, to: 4 };
/** Floats of every kind. */
export const nonFinite: Draw = { list: [NaN, Infinity, -Infinity, 0, 1, -1, 0.5] };
/** Any i32. */
export const integer: Draw = { whole: [-2147483648, 2147483647] };
/** Any u32. */
export const word: Draw = { whole: [0, 4294967295] };
/** Any u8. */
export const byte: Draw = { whole: [0, 255] };

/** Applies a function at each place of the shape that blocks broadcast to. */
export function mapBroadcast(
  inputs: readonly Block[],
  f: (elements: readonly number[]) => number,
): number[] {
  const rank = Math.max(...inputs.map(({ shape }) => shape.length));
  const shape = Array.from({ length: rank }, (_, axis) => {
    const sizes = inputs.map((input) => input.shape[axis - rank + input.shape.length] ?? 1);
    return sizes.find((size) => size !== 1) ?? 1;
  });
  return mapPlaces(
    shape,
    (place) =>
      f(inputs.map((input) =>
        at(
          input,
          place.slice(rank - input.shape.length).map((coordinate, axis) =>
            input.shape[axis] === 1 ? 0 : coordinate
          ),
        )
      )),
  );
}

/** Calls a function at each place of a shape, in order. */
export function mapPlaces<T>(shape: Shape, f: (place: readonly number[]) => T): T[] {
  return Array.from({ length: sizeOf(shape) }, (_, i) => f(placeOf(i, shape)));
}

/** The element at some coordinates; `undefined` outside. */
export function at({ shape, data }: Block, place: readonly number[]): number {
  let position = 0;
  for (const [axis, size] of shape.entries()) position = position * size + place[axis]!;
  return data[position]!;
}

/** Draws a sample's inputs: the same numbers each time, floats as float32 holds them. */
export function drawInputs({ op, inputs }: OpSample): Float64Array[] {
  return inputs.map(({ shape, dtype, draw }, number) => {
    const stream = new RandomStream(1, op.name, number);
    return Float64Array.from({ length: sizeOf(shape) }, (_, i) => {
      if ("list" in draw) return draw.list[i % draw.list.length]!;
      if ("whole" in draw) {
        const [least, greatest] = draw.whole;
        return least + stream.below(greatest - least + 1);
      }
      const drawn = draw.from + (draw.to - draw.from) * stream.uniform();
      return dtype === "f32" ? Math.fround(drawn) : Math.trunc(drawn);
    });
  });
}

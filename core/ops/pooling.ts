/**
 * What poolings share: their shape rule, the cells of their windows, and the way back from windows to
 * the image.
 *
 * On a device without a kernel of its own a pooling is made of views: the cells at one place of all
 * windows are a strided slice of the image, so that a chain of elementwise ops over these slices is
 * one kernel. The way back reads the pooled values as often as windows lie over a pixel: the image is
 * cut into blocks of one stride, and each block takes from the few windows that begin in it or
 * shortly before.
 *
 * @module
 */
import { formatSpec, sameShape, type Shape, type TensorSpec } from "../tensor/mod.ts";
import type { Value } from "../graph/mod.ts";
import { add } from "./add.ts";
import { broadcastTo } from "./broadcast_to.ts";
import { iota } from "./iota.ts";
import { pad } from "./pad.ts";
import { reshape } from "./reshape.ts";
import { slice } from "./slice.ts";
import {
  formatWindow,
  type Padding2d,
  type PaddingLike,
  type Pair,
  requireImages,
  requireWindow,
  resolvePadding,
  type Window2d,
  windowCounts,
} from "./window.ts";

/** How windows lie over images; height first in each pair. */
export interface Pool2dParams {
  /** Rows and columns of a window. */
  readonly window: Pair;
  /** Rows and columns from one window to the next. */
  readonly strides: Pair;
  /** Rows above and below, columns left and right, that belong to windows and count for nothing. */
  readonly padding: Padding2d;
}

/** Options of a pooling. */
export interface Pool2dOptions {
  /** Rows and columns of a window. */
  readonly window: Pair;
  /** Rows and columns from one window to the next; those of the window by default. */
  readonly strides?: Pair;
  /** What is around the image; `"valid"`, nothing, by default. */
  readonly padding?: PaddingLike;
}

/** Options with everything resolved to numbers. */
export function resolvePooling(
  x: Value,
  { window, strides = window, padding = "valid" }: Pool2dOptions,
): Pool2dParams {
  const [, height = 0, width = 0] = x.spec.shape;
  return {
    window,
    strides,
    padding: resolvePadding(padding, { size: [height, width], window, strides }),
  };
}

/**
 * The shape rule of poolings: `[batch, height, width, channels]` to as many rows and columns as there
 * are windows. Every window holds a part of the image.
 *
 * @throws {TypeError} When x is no f32 with four axes.
 * @throws {RangeError} When the window does not fit, or the padding could hold a whole window.
 */
export function inferPooling(action: string, x: TensorSpec, params: Pool2dParams): TensorSpec {
  requireImages(action, x);
  const [batch, height, width, channels] = x.shape as [number, number, number, number];
  const { window, padding } = params;
  requireWindow(action, [height, width], undilated(params));
  if (height === 0 || width === 0) {
    throw new RangeError(`Cannot ${action}: the images have no elements`);
  }
  for (const axis of [0, 1] as const) {
    const wide = padding[axis].find((width) => width >= window[axis]);
    if (wide !== undefined) {
      throw new RangeError(
        `Cannot ${action}: received padding of ${wide}, expected less than the window's ${
          window[axis]
        }`,
      );
    }
  }
  const counts = windowCounts([height, width], undilated(params));
  return { shape: [batch, ...counts, channels], dtype: "f32" };
}

/**
 * Demands the gradient by a pooling's output.
 *
 * @throws {TypeError} When its shape is not the one of the output.
 */
export function requirePooled(action: string, cotangent: TensorSpec, pooled: TensorSpec): void {
  if (cotangent.dtype !== "f32" || !sameShape(cotangent.shape, pooled.shape)) {
    throw new TypeError(
      `Cannot ${action}: received a cotangent of ${formatSpec(cotangent)}, expected ${
        formatSpec(pooled)
      }`,
    );
  }
}

/** Calls `visit` for every window with its place in the output and its cells' places in x, -1 in the padding. */
export function eachPool(
  x: Shape,
  params: Pool2dParams,
  visit: (output: number, cells: readonly number[]) => void,
): void {
  const [batch, height, width, channels] = x as readonly [number, number, number, number];
  const { window: [rows, columns], strides, padding } = params;
  const [outHeight, outWidth] = windowCounts([height, width], undilated(params));
  const cells = new Array<number>(rows * columns).fill(-1);
  let output = 0;
  for (let b = 0; b < batch; b++) {
    for (let outRow = 0; outRow < outHeight; outRow++) {
      for (let outColumn = 0; outColumn < outWidth; outColumn++) {
        for (let c = 0; c < channels; c++) {
          for (let cell = 0; cell < cells.length; cell++) {
            const row = outRow * strides[0] + Math.floor(cell / columns) - padding[0][0];
            const column = outColumn * strides[1] + cell % columns - padding[1][0];
            const inside = row >= 0 && row < height && column >= 0 && column < width;
            cells[cell] = inside ? ((b * height + row) * width + column) * channels + c : -1;
          }
          visit(output++, cells);
        }
      }
    }
  }
}

/** The first cells of all windows, then the second ones, row by row; the padding is `filler`. */
export function windowCells(x: Value, params: Pool2dParams, filler: number): Value[] {
  const { window, strides, padding: [rows, columns] } = params;
  const [batch, height, width, channels] = x.spec.shape as [number, number, number, number];
  const counts = windowCounts([height, width], undilated(params));
  const padded = pad(x, {
    before: [0, rows[0], columns[0], 0],
    after: [0, rows[1], columns[1], 0],
    value: filler,
  });
  return Array.from({ length: window[0] * window[1] }, (_, cell) =>
    slice(padded, {
      start: [0, Math.floor(cell / window[1]), cell % window[1], 0],
      sizes: [batch, ...counts, channels],
      strides: [1, ...strides, 1],
    }));
}

/** A value with an element for every window, and what stands for windows that are not there. */
export interface Pooled {
  readonly value: Value;
  readonly outside: number;
}

/** Coordinates in a window, f32, in shapes that broadcast over the windows. */
export interface WindowCell {
  readonly row: Value;
  readonly column: Value;
}

/** How many windows lie at most over one row, and over one column. */
export function windowOverlap({ window, strides }: Pool2dParams): Pair {
  return [Math.ceil(window[0] / strides[0]), Math.ceil(window[1] / strides[1])];
}

/**
 * The way back: every pixel gets the sum of what `share` gives for the windows that lie over it.
 *
 * Pixel `q·stride + r` of the padded image is cell `r + m·stride` of window `q - m`, for every `m` that
 * leaves it in the window. So for each `m` the pooled values are moved by `m` windows and stretched
 * over the blocks of `stride` pixels; where windows do not overlap, `m = 0` is all there is.
 *
 * @param size Height and width of the image.
 * @param share A pixel's part of a window, of which it is a cell; the cell may lie beyond the window
 * when no stride divides it, and the part is then to be 0.
 */
export function spreadWindows(
  pooled: readonly Pooled[],
  { size, params }: { readonly size: Pair; readonly params: Pool2dParams },
  share: (cell: WindowCell, parts: readonly Value[]) => Value,
): Value {
  const { strides, padding: [[top], [left]] } = params;
  const { builder, spec: { shape } } = pooled[0]!.value;
  const [batch, rows, columns, channels] = shape as [number, number, number, number];
  const overlap = windowOverlap(params);
  const blocks = [
    Math.ceil((top + size[0]) / strides[0]),
    Math.ceil((left + size[1]) / strides[1]),
  ] as const;
  const around = pooled.map(({ value, outside }) =>
    pad(value, {
      before: [0, overlap[0] - 1, overlap[1] - 1, 0],
      after: [0, blocks[0] - rows, blocks[1] - columns, 0],
      value: outside,
    })
  );
  const moved = (value: Value, m: Pair) => {
    const windows = slice(value, {
      start: [0, overlap[0] - 1 - m[0], overlap[1] - 1 - m[1], 0],
      sizes: [batch, ...blocks, channels],
    });
    return reshape(windows, [batch, blocks[0], 1, blocks[1], 1, channels]);
  };
  const block = [1, 1, strides[0], 1, strides[1], 1];
  const rowOf = iota(builder, { shape: block, axis: 2, dtype: "f32" });
  const columnOf = iota(builder, { shape: block, axis: 4, dtype: "f32" });
  let sum: Value | undefined;
  for (let m = 0; m < overlap[0] * overlap[1]; m++) {
    const at: Pair = [Math.floor(m / overlap[1]), m % overlap[1]];
    const cell = {
      row: at[0] === 0 ? rowOf : add(rowOf, at[0] * strides[0]),
      column: at[1] === 0 ? columnOf : add(columnOf, at[1] * strides[1]),
    };
    const part = share(cell, around.map((value) => moved(value, at)));
    sum = sum === undefined ? part : add(sum, part);
  }
  const stretched = broadcastTo(sum!, [
    batch,
    blocks[0],
    strides[0],
    blocks[1],
    strides[1],
    channels,
  ]);
  const image = reshape(stretched, [
    batch,
    blocks[0] * strides[0],
    blocks[1] * strides[1],
    channels,
  ]);
  return slice(image, { start: [0, top, left, 0], sizes: [batch, ...size, channels] });
}

/** `maxPool2d(x, window 2×2, strides 2×2)`: the inputs, the window, and what is not plain. */
export function formatPooling(
  name: string,
  inputs: readonly string[],
  params: Pool2dParams,
): string {
  return `${name}(${
    [...inputs, `window ${params.window.join("×")}`, ...formatWindow(params)].join(", ")
  })`;
}

/** The windows of a pooling: their cells are neighbours. */
export function undilated(params: Pool2dParams): Window2d {
  return { ...params, dilation: [1, 1] };
}

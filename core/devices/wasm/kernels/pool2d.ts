/**
 * What kernels of poolings share: how windows lie over images, and loops over their cells and over
 * channels, four of them a vector.
 *
 * @module
 */
import type { Shape } from "../../../tensor/mod.ts";
import type { Pair, Pool2dParams } from "../../../ops/mod.ts";
import type { FunctionBody, Local } from "../function_body.ts";
import type { Lanes } from "../lanes.ts";
import { type Segment, segmentsOf } from "./conv2d_axis.ts";

/** Cells of a window up to which its code has no loops. */
const unrolledCells = 16;

/** Vectors of a pixel up to which their code has no loop. */
const unrolledVectors = 4;

/** The sizes of a pooling, and its windows by the rows and by the columns of them that are in the image. */
export interface Pooling {
  readonly batch: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly outHeight: number;
  readonly outWidth: number;
  readonly rows: readonly Segment[];
  readonly columns: readonly Segment[];
  readonly strides: Pair;
}

/** The pooling that makes `pooled` of `images`. */
export function poolingOf(
  { images, pooled }: { readonly images: Shape; readonly pooled: Shape },
  { window, strides, padding }: Pool2dParams,
): Pooling {
  const [batch, height, width, channels] = images as readonly [number, number, number, number];
  const [, outHeight, outWidth] = pooled as readonly [number, number, number, number];
  const segments = (axis: 0 | 1) =>
    segmentsOf({
      sources: axis === 0 ? height : width,
      outputs: axis === 0 ? outHeight : outWidth,
      taps: window[axis],
      stride: strides[axis],
      lead: padding[axis][0],
      dilation: 1,
      divisor: 1,
    });
  const [rows, columns] = [segments(0), segments(1)];
  return { batch, height, width, channels, outHeight, outWidth, rows, columns, strides };
}

/** The part of a window that is in the image. */
export interface Cells {
  readonly rows: number;
  readonly columns: number;
  /** Whether the window's first cell is among them, and not in the padding. */
  readonly hasFirst: boolean;
}

/** The cells of windows that belong to a segment of the rows and one of the columns. */
export function cellsOf(rows: Segment, columns: Segment): Cells {
  return {
    rows: rows.taps,
    columns: columns.taps,
    hasFirst: rows.tap === 0 && columns.tap === 0,
  };
}

/** Whether the code for a window has no loops. */
export function isUnrolled({ rows, columns }: Pick<Cells, "rows" | "columns">): boolean {
  return rows * columns <= unrolledCells;
}

/** What walks over images: the bytes between rows, columns and channels. */
export interface Pointer {
  readonly local: Local;
  readonly row: number;
  readonly column: number;
  readonly channel: number;
}

/**
 * Writes code for each cell of a window, row by row: without loops at offsets from where the pointers
 * are, one for each; or in loops that move the pointers along and back.
 */
export function writeCells(
  f: FunctionBody,
  cells: Pick<Cells, "rows" | "columns">,
  pointers: readonly Pointer[],
  write: (offsets: readonly number[]) => void,
): void {
  const { rows, columns } = cells;
  if (isUnrolled(cells)) {
    for (let cell = 0; cell < rows * columns; cell++) {
      const [u, v] = [Math.floor(cell / columns), cell % columns];
      write(pointers.map(({ row, column }) => u * row + v * column));
    }
    return;
  }
  const move = (distance: (pointer: Pointer) => number) =>
    pointers.forEach((pointer) => f.advance(pointer.local, distance(pointer)));
  f.repeat(rows, () => {
    f.repeat(columns, () => {
      f.scope(() => write(pointers.map(() => 0)));
      move(({ column }) => column);
    });
    move(({ row, column }) => row - columns * column);
  });
  move(({ row }) => -rows * row);
}

/**
 * Writes code for the channels of a pixel: for each vector how many lanes of it are channels, and the
 * number of vectors before it, beginning at where the pointers are. They are back at the end.
 */
export function writeChannels(
  f: FunctionBody,
  channels: number,
  pointers: readonly Pointer[],
  write: (lanes: number, vector: number) => void,
): void {
  const vectors = channels >> 2;
  const looped = vectors > unrolledVectors ? vectors : 0;
  const move = (count: number) =>
    pointers.forEach(({ local, channel }) => f.advance(local, 4 * count * channel));
  f.repeat(looped, () => {
    f.scope(() => write(4, 0));
    move(1);
  });
  for (let vector = 0; vector < vectors - looped; vector++) f.scope(() => write(4, vector));
  if (channels % 4 > 0) f.scope(() => write(channels % 4, vectors - looped));
  move(-looped);
}

/** Loads a vector of channels. Lanes beyond them may hold anything. */
export function loadChannels(
  v: Lanes,
  { local, channel }: Pointer,
  { lanes, offset }: { readonly lanes: number; readonly offset: number },
): Local {
  return channel === 4
    ? v.load("v128.load", local, offset)
    : v.gather(local, [0, 1, 2, 3].map((lane) => offset + Math.min(lane, lanes - 1) * channel));
}

/** Stores a vector of channels that are neighbours. */
export function storeChannels(
  f: FunctionBody,
  value: Local,
  { pointer, lanes, offset }: {
    readonly pointer: Pointer;
    readonly lanes: number;
    readonly offset: number;
  },
): void {
  if (lanes === 4) {
    f.get(pointer.local).get(value).memory("v128.store", offset);
    return;
  }
  for (let lane = 0; lane < lanes; lane++) {
    f.get(pointer.local).get(value).memoryLane("v128.store32_lane", offset + 4 * lane, lane);
  }
}

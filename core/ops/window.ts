/**
 * Windows that slide over the height and width of images `[batch, height, width, channels]`: where
 * they lie, and how many there are. Convolutions and poolings share these rules.
 *
 * @module
 */
import { formatSpec, type TensorSpec } from "../tensor/mod.ts";

/** One number for the height and one for the width. */
export type Pair = readonly [number, number];

/** Rows added above and below, columns added left and right. */
export type Padding2d = readonly [Pair, Pair];

/**
 * `"valid"` adds nothing; `"same"` adds what gives `⌈size / stride⌉` windows, the odd one at the end;
 * or the widths themselves.
 */
export type PaddingLike = "valid" | "same" | Padding2d;

/** A window and how it moves, height first. */
export interface Window2d {
  /** Rows and columns that a window takes, without dilation. */
  readonly window: Pair;
  /** Rows and columns from one window to the next. */
  readonly strides: Pair;
  /** Rows and columns around the image. */
  readonly padding: Padding2d;
  /** Rows and columns from one cell of a window to the next; 1 for neighbours. */
  readonly dilation: Pair;
}

/** Both axes: 0 the height, 1 the width. */
const axes = [0, 1] as const;

/** Rows and columns from the first cell of a window to the last, both included. */
export function windowExtent(window: Pair, dilation: Pair): Pair {
  const extent = (axis: 0 | 1) => (window[axis] - 1) * dilation[axis] + 1;
  return [extent(0), extent(1)];
}

/**
 * The widths that a padding stands for.
 *
 * With `"same"`, `n = ⌈size / stride⌉` windows need `(n - 1)·stride + extent - size` cells more than
 * there are: half of them go in front, and the odd one to the end, as in Keras and TensorFlow.
 */
export function resolvePadding(
  padding: PaddingLike,
  { size, window, strides, dilation = [1, 1] }: {
    readonly size: Pair;
    readonly window: Pair;
    readonly strides: Pair;
    readonly dilation?: Pair;
  },
): Padding2d {
  if (padding === "valid") return [[0, 0], [0, 0]];
  if (padding !== "same") return padding;
  const extent = windowExtent(window, dilation);
  const along = (axis: 0 | 1): Pair => {
    const count = Math.ceil(size[axis] / strides[axis]);
    const missing = Math.max(0, (count - 1) * strides[axis] + extent[axis] - size[axis]);
    const before = Math.floor(missing / 2);
    return [before, missing - before];
  };
  return [along(0), along(1)];
}

/** Number of windows along height and width: `⌊(size + padding - extent) / stride⌋ + 1`. */
export function windowCounts(size: Pair, { window, strides, padding, dilation }: Window2d): Pair {
  const extent = windowExtent(window, dilation);
  const along = (axis: 0 | 1) => {
    const padded = padding[axis][0] + size[axis] + padding[axis][1];
    return Math.floor((padded - extent[axis]) / strides[axis]) + 1;
  };
  return [along(0), along(1)];
}

/**
 * Demands a window that can be slid over an image of a size.
 *
 * @param action What cannot be done otherwise, as `"convolve f32[1, 28, 28, 1]"`.
 * @throws {RangeError} When a number is no integer or too small, or the window does not fit.
 */
export function requireWindow(action: string, size: Pair, window: Window2d): void {
  const least = { window: 1, strides: 1, dilation: 1, padding: 0 } as const;
  for (const [name, minimum] of Object.entries(least)) {
    const numbers = window[name as keyof typeof least].flat();
    const odd = numbers.find((number) => !Number.isInteger(number) || number < minimum);
    if (odd !== undefined) {
      throw new RangeError(
        `Cannot ${action}: received ${name} of ${odd}, expected integers of ${minimum} or more`,
      );
    }
  }
  const extent = windowExtent(window.window, window.dilation);
  for (const axis of axes) {
    const padded = window.padding[axis][0] + size[axis] + window.padding[axis][1];
    if (extent[axis] > padded) {
      throw new RangeError(
        `Cannot ${action}: the window takes ${extent[axis]} ${
          axis === 0 ? "rows" : "columns"
        }, and there are ${padded}, the padding included`,
      );
    }
  }
}

/**
 * Demands images: float32 with four axes.
 *
 * @throws {TypeError} When it is something else.
 */
export function requireImages(action: string, x: TensorSpec): void {
  if (x.dtype !== "f32" || x.shape.length !== 4) {
    throw new TypeError(
      `Cannot ${action}: received ${formatSpec(x)}, expected f32[batch, height, width, channels]`,
    );
  }
}

/** What differs from a window that moves by one over an image without border, for people. */
export function formatWindow(
  { strides, padding, dilation = [1, 1] }:
    & Pick<Window2d, "strides" | "padding">
    & Partial<Pick<Window2d, "dilation">>,
): string[] {
  const parts: string[] = [];
  if (strides.some((stride) => stride !== 1)) parts.push(`strides ${strides.join("×")}`);
  if (padding.flat().some((width) => width !== 0)) {
    parts.push(`padding [${padding.map(([before, after]) => `${before}+${after}`).join(", ")}]`);
  }
  if (dilation.some((step) => step !== 1)) parts.push(`dilation ${dilation.join("×")}`);
  return parts;
}

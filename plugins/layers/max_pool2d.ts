/**
 * The largest element of every window.
 *
 * @module
 */
import { defineLayer, ops } from "../../core/mod.ts";
import { pool2dConfig, type Pool2dLayer, type Pool2dOptions, poolingOf } from "./pool2d.ts";
import type { Size2d } from "./windows.ts";

const stage = defineLayer<Pool2dLayer>()({
  name: "maxPool2d",
  config: pool2dConfig,
  formula: "y[b, i, j, c] = max x[b, i·s + u, j·s + v, c] over the window",
  rank: 4,
  build: ({ x }, { config }) => ops.maxPool2d(x, poolingOf(config)),
});

/**
 * `y[b, i, j, c] = max_{u,v} x[b, i·s + u, j·s + v, c]`: the largest element of every window, channel by
 * channel.
 *
 * Shapes: `x [batch, height, width, channels] -> [batch, ⌊(height - window) / stride⌋ + 1, …, channels]`;
 * with `padding: "same"` `[batch, ⌈height / stride⌉, …]`
 *
 * Gradient: every window's `∂L/∂y` to the first of its cells that is the maximum, row by row
 *
 * Differs: as Keras: rows and columns that fill no window are left out, and padding is never the maximum.
 *
 * Counterparts: Keras `MaxPooling2D`; PyTorch `MaxPool2d`; TensorFlow.js `layers.maxPooling2d`
 *
 * @param poolSize Rows and columns of a window, or one number for both.
 * @returns A layer without parameters.
 *
 * @example
 * ```ts
 * import { maxPool2d, stageOf } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const overlapping = maxPool2d(3, { strides: 2 });
 * assertEquals(stageOf(overlapping)?.options, { poolSize: 3, strides: 2 });
 * ```
 */
export function maxPool2d(poolSize: Size2d = 2, options: Pool2dOptions = {}): Pool2dLayer {
  return stage({ ...options, poolSize });
}

/**
 * The mean of every window.
 *
 * @module
 */
import { defineLayer, ops } from "../../core/mod.ts";
import { pool2dConfig, type Pool2dLayer, type Pool2dOptions, poolingOf } from "./pool2d.ts";
import type { Size2d } from "./windows.ts";

const stage = defineLayer<Pool2dLayer>()({
  name: "averagePool2d",
  config: pool2dConfig,
  formula: "y[b, i, j, c] = mean x[b, i·s + u, j·s + v, c] over the window",
  rank: 4,
  build: ({ x }, { config }) => ops.averagePool2d(x, poolingOf(config)),
});

/**
 * `y[b, i, j, c] = mean_{u,v} x[b, i·s + u, j·s + v, c]`: the mean of every window, channel by channel.
 *
 * Shapes: `x [batch, height, width, channels] -> [batch, ⌊(height - window) / stride⌋ + 1, …, channels]`;
 * with `padding: "same"` `[batch, ⌈height / stride⌉, …]`
 *
 * Gradient: every window's `∂L/∂y`, divided by its cells in the image, to each of them
 *
 * Differs: as Keras: cells in the padding are not counted. PyTorch's `AvgPool2d` counts them unless
 * `count_include_pad=False`.
 *
 * Counterparts: Keras `AveragePooling2D`; PyTorch `AvgPool2d`; TensorFlow.js
 * `layers.averagePooling2d`
 *
 * @param poolSize Rows and columns of a window, or one number for both.
 * @returns A layer without parameters.
 *
 * @example
 * ```ts
 * import { averagePool2d, stageOf } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(stageOf(averagePool2d([2, 4]))?.options, { poolSize: [2, 4] });
 * ```
 */
export function averagePool2d(poolSize: Size2d = 2, options: Pool2dOptions = {}): Pool2dLayer {
  return stage({ ...options, poolSize });
}

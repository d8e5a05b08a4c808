/**
 * The mean of every window of a sequence.
 *
 * @module
 */
import { defineLayer, ops } from "../../core/mod.ts";
import { pool1dConfig, type Pool1dLayer, type Pool1dOptions, rowPoolingOf } from "./pool1d.ts";
import { asImages, asSequences } from "./sequences.ts";

const stage = defineLayer<Pool1dLayer>()({
  name: "averagePool1d",
  config: pool1dConfig,
  formula: "y[b, i, c] = mean x[b, i·s + u, c] over the window",
  rank: 3,
  build: ({ x }, { config }) => asSequences(ops.averagePool2d(asImages(x), rowPoolingOf(config))),
});

/**
 * `y[b, i, c] = mean_u x[b, i·s + u, c]`: the mean of every window, channel by channel.
 *
 * Shapes: `x [batch, length, channels] -> [batch, ⌊(length - window) / stride⌋ + 1, channels]`; with
 * `padding: "same"` `[batch, ⌈length / stride⌉, channels]`
 *
 * Gradient: every window's `∂L/∂y`, divided by its cells in the sequence, to each of them
 *
 * Differs: as Keras: cells in the padding are not counted. PyTorch's `AvgPool1d` counts them unless
 * `count_include_pad=False`.
 *
 * Counterparts: Keras `AveragePooling1D`; PyTorch `AvgPool1d`; TensorFlow.js
 * `layers.averagePooling1d`
 *
 * @param poolSize Steps of a window.
 * @returns A layer without parameters.
 *
 * @example
 * ```ts
 * import { averagePool1d, stageOf } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(stageOf(averagePool1d(3, { strides: 2 }))?.options, { poolSize: 3, strides: 2 });
 * ```
 */
export function averagePool1d(poolSize = 2, options: Pool1dOptions = {}): Pool1dLayer {
  return stage({ ...options, poolSize });
}

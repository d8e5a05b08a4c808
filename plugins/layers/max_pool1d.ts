/**
 * The largest element of every window of a sequence.
 *
 * @module
 */
import { defineLayer, ops } from "../../core/mod.ts";
import { pool1dConfig, type Pool1dLayer, type Pool1dOptions, rowPoolingOf } from "./pool1d.ts";
import { asImages, asSequences } from "./sequences.ts";

const stage = defineLayer<Pool1dLayer>()({
  name: "maxPool1d",
  config: pool1dConfig,
  formula: "y[b, i, c] = max x[b, i·s + u, c] over the window",
  rank: 3,
  build: ({ x }, { config }) => asSequences(ops.maxPool2d(asImages(x), rowPoolingOf(config))),
});

/**
 * `y[b, i, c] = max_u x[b, i·s + u, c]`: the largest element of every window, channel by channel.
 *
 * Shapes: `x [batch, length, channels] -> [batch, ⌊(length - window) / stride⌋ + 1, channels]`; with
 * `padding: "same"` `[batch, ⌈length / stride⌉, channels]`
 *
 * Gradient: every window's `∂L/∂y` to the first of its cells that is the maximum
 *
 * Differs: as Keras: steps that fill no window are left out, and padding is never the maximum.
 *
 * Counterparts: Keras `MaxPooling1D`; PyTorch `MaxPool1d`; TensorFlow.js `layers.maxPooling1d`
 *
 * @param poolSize Steps of a window.
 * @returns A layer without parameters.
 *
 * @example
 * ```ts
 * import { maxPool1d, stageOf } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(stageOf(maxPool1d(3, { strides: 2 }))?.options, { poolSize: 3, strides: 2 });
 * ```
 */
export function maxPool1d(poolSize = 2, options: Pool1dOptions = {}): Pool1dLayer {
  return stage({ ...options, poolSize });
}

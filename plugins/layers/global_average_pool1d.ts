/**
 * The mean of each channel of a whole sequence.
 *
 * @module
 */
import { type AnyTensor, defineLayer, ops } from "../../core/mod.ts";
import { type GlobalPool1dLayer, globalPoolConfig, type GlobalPoolOptions } from "./global_pool.ts";

const stage = defineLayer<(x: AnyTensor) => AnyTensor>()({
  name: "globalAveragePool1d",
  config: globalPoolConfig,
  formula: "y[b, c] = mean x[b, i, c] over i",
  rank: 3,
  build: ({ x }, { config: { keepDims } }) => ops.mean(x, { axes: [1], keepDims }),
});

/**
 * `y[b, c] = mean_{i} x[b, i, c]`: the mean of each channel of a whole sequence.
 *
 * Shapes: `x [batch, length, channels] -> [batch, channels]`; with `keepDims`
 * `[batch, 1, channels]`
 *
 * Gradient: `∂L/∂y`, divided by the number of elements, to each of them
 *
 * Counterparts: Keras `GlobalAveragePooling1D`; PyTorch `AdaptiveAvgPool1d(1)`; TensorFlow.js
 * `layers.globalAveragePooling1d`
 *
 * @returns A layer without parameters.
 *
 * @example
 * ```ts
 * import { globalAveragePool1d, stageOf } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(stageOf(globalAveragePool1d({ keepDims: true }))?.options, { keepDims: true });
 * ```
 */
export function globalAveragePool1d<const K extends boolean = false>(
  options: GlobalPoolOptions<K> = {},
): GlobalPool1dLayer<K> {
  return stage(options);
}

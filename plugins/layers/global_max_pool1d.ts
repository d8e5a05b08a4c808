/**
 * The largest element of each channel of a whole sequence.
 *
 * @module
 */
import { type AnyTensor, defineLayer, ops } from "../../core/mod.ts";
import { type GlobalPool1dLayer, globalPoolConfig, type GlobalPoolOptions } from "./global_pool.ts";

const stage = defineLayer<(x: AnyTensor) => AnyTensor>()({
  name: "globalMaxPool1d",
  config: globalPoolConfig,
  formula: "y[b, c] = max x[b, i, c] over i",
  rank: 3,
  build: ({ x }, { config: { keepDims } }) => ops.reduceMax(x, { axes: [1], keepDims }),
});

/**
 * `y[b, c] = max_{i} x[b, i, c]`: the largest element of each channel of a whole sequence.
 *
 * Shapes: `x [batch, length, channels] -> [batch, channels]`; with `keepDims`
 * `[batch, 1, channels]`
 *
 * Gradient: `∂L/∂y` to the element that is the maximum; equal parts to those that share it
 *
 * Differs: PyTorch's `AdaptiveMaxPool1d` gives the gradient to one of several largest elements.
 *
 * Counterparts: Keras `GlobalMaxPooling1D`; PyTorch `AdaptiveMaxPool1d(1)`; TensorFlow.js
 * `layers.globalMaxPooling1d`
 *
 * @returns A layer without parameters.
 *
 * @example
 * ```ts
 * import { globalMaxPool1d, stageOf } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(stageOf(globalMaxPool1d({ keepDims: true }))?.options, { keepDims: true });
 * ```
 */
export function globalMaxPool1d<const K extends boolean = false>(
  options: GlobalPoolOptions<K> = {},
): GlobalPool1dLayer<K> {
  return stage(options);
}

/**
 * The largest element of each channel of a whole image.
 *
 * @module
 */
import { type AnyTensor, defineLayer, ops } from "../../core/mod.ts";
import { type GlobalPool2dLayer, globalPoolConfig, type GlobalPoolOptions } from "./global_pool.ts";

const stage = defineLayer<(x: AnyTensor) => AnyTensor>()({
  name: "globalMaxPool2d",
  config: globalPoolConfig,
  formula: "y[b, c] = max x[b, i, j, c] over i, j",
  rank: 4,
  build: ({ x }, { config: { keepDims } }) => ops.reduceMax(x, { axes: [1, 2], keepDims }),
});

/**
 * `y[b, c] = max_{i, j} x[b, i, j, c]`: the largest element of each channel of a whole image.
 *
 * Shapes: `x [batch, height, width, channels] -> [batch, channels]`; with `keepDims`
 * `[batch, 1, 1, channels]`
 *
 * Gradient: `∂L/∂y` to the element that is the maximum; equal parts to those that share it
 *
 * Differs: PyTorch's `AdaptiveMaxPool2d` gives the gradient to one of several largest elements.
 *
 * Counterparts: Keras `GlobalMaxPooling2D`; PyTorch `AdaptiveMaxPool2d(1)`; TensorFlow.js
 * `layers.globalMaxPooling2d`
 *
 * @returns A layer without parameters.
 *
 * @example
 * ```ts
 * import { globalMaxPool2d, stageOf } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(stageOf(globalMaxPool2d({ keepDims: true }))?.options, { keepDims: true });
 * ```
 */
export function globalMaxPool2d<const K extends boolean = false>(
  options: GlobalPoolOptions<K> = {},
): GlobalPool2dLayer<K> {
  return stage(options);
}

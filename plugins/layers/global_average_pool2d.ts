/**
 * The mean of each channel of a whole image.
 *
 * @module
 */
import { type AnyTensor, defineLayer, ops } from "../../core/mod.ts";
import { type GlobalPool2dLayer, globalPoolConfig, type GlobalPoolOptions } from "./global_pool.ts";

const stage = defineLayer<(x: AnyTensor) => AnyTensor>()({
  name: "globalAveragePool2d",
  config: globalPoolConfig,
  formula: "y[b, c] = mean x[b, i, j, c] over i, j",
  rank: 4,
  build: ({ x }, { config: { keepDims } }) => ops.mean(x, { axes: [1, 2], keepDims }),
});

/**
 * `y[b, c] = mean_{i, j} x[b, i, j, c]`: the mean of each channel of a whole image.
 *
 * Shapes: `x [batch, height, width, channels] -> [batch, channels]`; with `keepDims`
 * `[batch, 1, 1, channels]`
 *
 * Gradient: `∂L/∂y`, divided by the number of elements, to each of them
 *
 * Counterparts: Keras `GlobalAveragePooling2D`; PyTorch `AdaptiveAvgPool2d(1)`; TensorFlow.js
 * `layers.globalAveragePooling2d`
 *
 * @returns A layer without parameters.
 *
 * @example
 * ```ts
 * import { globalAveragePool2d, stageOf } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(stageOf(globalAveragePool2d({ keepDims: true }))?.options, { keepDims: true });
 * ```
 */
export function globalAveragePool2d<const K extends boolean = false>(
  options: GlobalPoolOptions<K> = {},
): GlobalPool2dLayer<K> {
  return stage(options);
}

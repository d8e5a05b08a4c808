/**
 * Dropout of whole channels of sequences.
 *
 * @module
 */
import { defineLayer, type Dim, type Tensor } from "../../core/mod.ts";
import { dropoutConfig, dropped } from "./dropping.ts";

/** Signature of {@linkcode spatialDropout1d}. */
export type SpatialDropout1dLayer = <B extends Dim, L extends Dim, C extends Dim>(
  x: Tensor<readonly [B, L, C]>,
) => Tensor<readonly [B, L, C]>;

const stage = defineLayer<SpatialDropout1dLayer>()({
  name: "spatialDropout1d",
  config: dropoutConfig("channels"),
  formula: "y = x · [u[b, c] ≥ rate] / (1 - rate), u uniform in [0, 1)",
  rank: 3,
  build({ x }, context) {
    const [batch, channels] = [x.spec.shape[0]!, x.spec.shape[2]!];
    return dropped(x, [batch, 1, channels], context);
  },
  buildInference: ({ x }) => x,
});

/**
 * `y = x · [u[b, c] ≥ rate] / (1 - rate)`, with `u` uniform in [0, 1) for every row, channel and step:
 * a share `rate` of the channels is 0 at all steps while training. Neighbouring steps tell nearly the
 * same, so that dropping some of them alone would change little. The layer is absent when evaluating
 * and predicting.
 *
 * Shapes: `x [batch, length, channels] -> [batch, length, channels]`
 *
 * Gradient: `∂L/∂x = ∂L/∂y · [u ≥ rate] / (1 - rate)`
 *
 * Differs: as Keras's `SpatialDropout1D`; PyTorch's `Dropout1d` has the channels before.
 *
 * Counterparts: Keras `SpatialDropout1D`; PyTorch `Dropout1d`; TensorFlow.js
 * `layers.spatialDropout1d`
 *
 * @param rate Share of channels set to 0, from 0 to less than 1.
 * @returns A layer without parameters.
 *
 * @example
 * ```ts
 * import { spatialDropout1d, stageOf } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(stageOf(spatialDropout1d(0.2))?.options, { rate: 0.2 });
 * ```
 *
 * Source: Tompson et al., "Efficient object localization using convolutional networks", 2014,
 * https://arxiv.org/abs/1411.4280
 */
export function spatialDropout1d(rate: number): SpatialDropout1dLayer {
  return stage({ rate });
}

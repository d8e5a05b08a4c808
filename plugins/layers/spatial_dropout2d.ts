/**
 * Dropout of whole channels of images.
 *
 * @module
 */
import { defineLayer, type Dim, type Tensor } from "../../core/mod.ts";
import { dropoutConfig, dropped } from "./dropping.ts";

/** Signature of {@linkcode spatialDropout2d}. */
export type SpatialDropout2dLayer = <B extends Dim, H extends Dim, W extends Dim, C extends Dim>(
  x: Tensor<readonly [B, H, W, C]>,
) => Tensor<readonly [B, H, W, C]>;

const stage = defineLayer<SpatialDropout2dLayer>()({
  name: "spatialDropout2d",
  config: dropoutConfig("channels"),
  formula: "y = x · [u[b, c] ≥ rate] / (1 - rate), u uniform in [0, 1)",
  rank: 4,
  build({ x }, context) {
    const [batch, channels] = [x.spec.shape[0]!, x.spec.shape[3]!];
    return dropped(x, [batch, 1, 1, channels], context);
  },
  buildInference: ({ x }) => x,
});

/**
 * `y = x · [u[b, c] ≥ rate] / (1 - rate)`, with `u` uniform in [0, 1) for every row, channel and step:
 * a share `rate` of the channels is 0 at all pixels while training. Neighbouring pixels tell nearly the
 * same, so that dropping some of them alone would change little. The layer is absent when evaluating
 * and predicting.
 *
 * Shapes: `x [batch, height, width, channels] -> [batch, height, width, channels]`
 *
 * Gradient: `∂L/∂x = ∂L/∂y · [u ≥ rate] / (1 - rate)`
 *
 * Differs: as Keras's `SpatialDropout2D`; PyTorch's `Dropout2d` has the channels before.
 *
 * Counterparts: Keras `SpatialDropout2D`; PyTorch `Dropout2d`; TensorFlow.js none
 *
 * @param rate Share of channels set to 0, from 0 to less than 1.
 * @returns A layer without parameters.
 *
 * @example
 * ```ts
 * import { spatialDropout2d, stageOf } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(stageOf(spatialDropout2d(0.2))?.options, { rate: 0.2 });
 * ```
 *
 * Source: Tompson et al., "Efficient object localization using convolutional networks", 2014,
 * https://arxiv.org/abs/1411.4280
 */
export function spatialDropout2d(rate: number): SpatialDropout2dLayer {
  return stage({ rate });
}

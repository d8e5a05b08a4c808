/**
 * Gradient of a convolution by its images in float32, as a product of matrices: a row is a pixel, a
 * column a channel, and the sum runs over taps and filters. See `gemm.ts`.
 *
 * @module
 */
import type { TensorSpec } from "../../../tensor/mod.ts";
import type { Operand } from "../../../plan/mod.ts";
import { type Conv2dInputGradientParams, type Conv2dSizes, conv2dSizes } from "../../../ops/mod.ts";
import { channelsInFours, pixelOf, tapOf, windowOverPixel } from "./convolution.ts";
import { gemmDispatches, productReads } from "./gemm.ts";
import type { ProductSizes } from "./gemm_product.ts";
import type { WriteShaders } from "./kernel.ts";

/** The kernel of `conv2dInputGradient`: it always applies. */
export function conv2dInputGradientKernel(
  _: readonly TensorSpec[],
  params: Conv2dInputGradientParams,
): WriteShaders {
  return (site) => {
    const [cotangent, weight] = site.operands as [Operand, Operand];
    const sizes = conv2dSizes(site.output.shape, weight.shape, params);
    const { height, width, channels, groupChannels, groupFilters } = sizes;
    const filters = { channels: groupFilters, named: "filter_number" };
    return gemmDispatches(site, {
      ...productOf(sizes, params),
      lhs: {
        operand: cotangent,
        contiguous: "inner",
        foursAlong: channelsInFours(cotangent, groupFilters),
        element: ({ load, zero }) => [
          ...tapOf("inner", sizes, filters),
          ...pixelOf("outer", { height, width }),
          ...windowOverPixel(sizes, params, zero),
          `let of_group = matrix * ${groupFilters}u + filter_number;`,
          `return ${load(["image", "y", "x", "of_group"])};`,
        ],
      },
      rhs: {
        operand: weight,
        contiguous: "inner",
        foursAlong: channelsInFours(weight, groupFilters),
        element: ({ load }) => [
          ...tapOf("inner", sizes, filters),
          `let of_group = matrix * ${groupFilters}u + filter_number;`,
          `return ${load(["u", "v", "outer", "of_group"])};`,
        ],
      },
      place: `row * ${channels}u + matrix * ${groupChannels}u + column`,
    });
  };
}

/** How often its operands are computed. */
export const conv2dInputGradientReads = productReads<Conv2dInputGradientParams>((
  { inputs, output, params },
) => productOf(conv2dSizes(output.shape, inputs[1]!.shape, params), params));

/** The sizes of the product. */
function productOf(
  { batch, groupChannels, groupFilters, height, kernelHeight, kernelWidth, width }: Conv2dSizes,
  { groups }: Conv2dInputGradientParams,
): ProductSizes {
  return {
    batch: groups,
    m: batch * height * width,
    n: groupChannels,
    k: kernelHeight * kernelWidth * groupFilters,
  };
}

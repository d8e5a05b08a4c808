/**
 * Gradient of a convolution by its weight in float32, as a product of matrices: a row is a tap and a
 * channel, a column a filter, and the sum runs over windows. See `gemm.ts`.
 *
 * @module
 */
import type { TensorSpec } from "../../../tensor/mod.ts";
import type { Operand } from "../../../plan/mod.ts";
import {
  type Conv2dSizes,
  conv2dSizes,
  type Conv2dWeightGradientParams,
} from "../../../ops/mod.ts";
import { channelsInFours, pixelOf, pixelUnderTap, tapOf } from "./convolution.ts";
import { gemmDispatches, productReads } from "./gemm.ts";
import type { ProductSizes } from "./gemm_product.ts";
import type { WriteShaders } from "./kernel.ts";

/** The kernel of `conv2dWeightGradient`: it always applies. */
export function conv2dWeightGradientKernel(
  _: readonly TensorSpec[],
  params: Conv2dWeightGradientParams,
): WriteShaders {
  return (site) => {
    const [x, cotangent] = site.operands as [Operand, Operand];
    const sizes = conv2dSizes(x.shape, site.output.shape, params);
    const { outHeight, outWidth, filters, groupChannels, groupFilters } = sizes;
    const windows = { height: outHeight, width: outWidth };
    return gemmDispatches(site, {
      ...productOf(sizes, params),
      lhs: {
        operand: x,
        contiguous: "outer",
        foursAlong: channelsInFours(x, groupChannels),
        element: ({ load, zero }) => [
          ...tapOf("outer", sizes, { channels: groupChannels, named: "channel" }),
          ...pixelOf("inner", windows),
          ...pixelUnderTap(sizes, params, zero),
          `let of_group = matrix * ${groupChannels}u + channel;`,
          `return ${load(["image", "y", "x", "of_group"])};`,
        ],
      },
      rhs: {
        operand: cotangent,
        contiguous: "outer",
        foursAlong: channelsInFours(cotangent, groupFilters),
        element: ({ load }) => [
          ...pixelOf("inner", windows),
          `let of_group = matrix * ${groupFilters}u + outer;`,
          `return ${load(["image", "row", "column", "of_group"])};`,
        ],
      },
      place: `row * ${filters}u + matrix * ${groupFilters}u + column`,
    });
  };
}

/** How often its operands are computed. */
export const conv2dWeightGradientReads = productReads<Conv2dWeightGradientParams>((
  { inputs, output, params },
) => productOf(conv2dSizes(inputs[0]!.shape, output.shape, params), params));

/** The sizes of the product. */
function productOf(
  { batch, groupChannels, groupFilters, kernelHeight, kernelWidth, outHeight, outWidth }:
    Conv2dSizes,
  { groups }: Conv2dWeightGradientParams,
): ProductSizes {
  return {
    batch: groups,
    m: kernelHeight * kernelWidth * groupChannels,
    n: groupFilters,
    k: batch * outHeight * outWidth,
  };
}

/**
 * Convolution in float32, any strides, padding, dilation and groups, as a product of matrices: a row is
 * a window, a column a filter, and the sum runs over taps and channels. See `gemm.ts`.
 *
 * @module
 */
import type { TensorSpec } from "../../../tensor/mod.ts";
import type { Operand } from "../../../plan/mod.ts";
import { type Conv2dParams, type Conv2dSizes, conv2dSizes } from "../../../ops/mod.ts";
import { channelsInFours, pixelOf, pixelUnderTap, tapOf } from "./convolution.ts";
import { gemmDispatches, productReads } from "./gemm.ts";
import type { ProductSizes } from "./gemm_product.ts";
import type { WriteShaders } from "./kernel.ts";

/** The kernel of `conv2d`: it always applies. */
export function conv2dKernel(_: readonly TensorSpec[], params: Conv2dParams): WriteShaders {
  return (site) => {
    const [x, weight] = site.operands as [Operand, Operand];
    const sizes = conv2dSizes(x.shape, weight.shape, params);
    const { outHeight, outWidth, filters, groupChannels, groupFilters } = sizes;
    const channels = { channels: groupChannels, named: "channel" };
    return gemmDispatches(site, {
      ...productOf(sizes, params),
      lhs: {
        operand: x,
        contiguous: "inner",
        foursAlong: channelsInFours(x, groupChannels),
        element: ({ load, zero }) => [
          ...tapOf("inner", sizes, channels),
          ...pixelOf("outer", { height: outHeight, width: outWidth }),
          ...pixelUnderTap(sizes, params, zero),
          `let of_group = matrix * ${groupChannels}u + channel;`,
          `return ${load(["image", "y", "x", "of_group"])};`,
        ],
      },
      rhs: {
        operand: weight,
        contiguous: "outer",
        foursAlong: channelsInFours(weight, groupFilters),
        element: ({ load }) => [
          ...tapOf("inner", sizes, channels),
          `let filter_number = matrix * ${groupFilters}u + outer;`,
          `return ${load(["u", "v", "channel", "filter_number"])};`,
        ],
      },
      place: `row * ${filters}u + matrix * ${groupFilters}u + column`,
    });
  };
}

/** How often its operands are computed. */
export const conv2dReads = productReads<Conv2dParams>(({ inputs, params }) =>
  productOf(conv2dSizes(inputs[0]!.shape, inputs[1]!.shape, params), params)
);

/** The sizes of the product. */
function productOf(
  { batch, groupChannels, groupFilters, kernelHeight, kernelWidth, outHeight, outWidth }:
    Conv2dSizes,
  { groups }: Conv2dParams,
): ProductSizes {
  return {
    batch: groups,
    m: batch * outHeight * outWidth,
    n: groupFilters,
    k: kernelHeight * kernelWidth * groupChannels,
  };
}

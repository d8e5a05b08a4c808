/**
 * Convolution in float32, any strides, padding, dilation and groups, as a product of matrices: a row is
 * a window, a column a filter, and the sum runs over taps and channels. See `gemm.ts`.
 *
 * @module
 */
import type { TensorSpec } from "../../../tensor/mod.ts";
import { type Conv2dParams, conv2dSizes } from "../../../ops/mod.ts";
import { channelsInFours, pixelOf, pixelUnderTap, tapOf } from "./convolution.ts";
import { gemmDispatches } from "./gemm.ts";
import type { Operand, WriteShaders } from "./kernel.ts";

/** The kernel of `conv2d`: it always applies. */
export function conv2dKernel(_: readonly TensorSpec[], params: Conv2dParams): WriteShaders {
  return (site) => {
    const [x, weight] = site.operands as [Operand, Operand];
    const sizes = conv2dSizes(x.shape, weight.shape, params);
    const { batch, outHeight, outWidth, kernelHeight, kernelWidth } = sizes;
    const { filters, groupChannels, groupFilters } = sizes;
    const channels = { channels: groupChannels, named: "channel" };
    return gemmDispatches(site, {
      batch: params.groups,
      m: batch * outHeight * outWidth,
      n: groupFilters,
      k: kernelHeight * kernelWidth * groupChannels,
      lhs: {
        access: x.access,
        contiguous: "inner",
        inFours: channelsInFours(x.access, groupChannels),
        element: ({ load, zero }) => [
          ...tapOf("inner", sizes, channels),
          ...pixelOf("outer", { height: outHeight, width: outWidth }),
          ...pixelUnderTap(sizes, params, zero),
          `let of_group = matrix * ${groupChannels}u + channel;`,
          `return ${load(x.access, ["image", "y", "x", "of_group"])};`,
        ],
      },
      rhs: {
        access: weight.access,
        contiguous: "outer",
        inFours: channelsInFours(weight.access, groupFilters),
        element: ({ load }) => [
          ...tapOf("inner", sizes, channels),
          `let filter_number = matrix * ${groupFilters}u + outer;`,
          `return ${load(weight.access, ["u", "v", "channel", "filter_number"])};`,
        ],
      },
      place: `row * ${filters}u + matrix * ${groupFilters}u + column`,
    });
  };
}

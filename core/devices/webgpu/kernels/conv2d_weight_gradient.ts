/**
 * Gradient of a convolution by its weight in float32, as a product of matrices: a row is a tap and a
 * channel, a column a filter, and the sum runs over windows. See `gemm.ts`.
 *
 * @module
 */
import type { TensorSpec } from "../../../tensor/mod.ts";
import { conv2dSizes, type Conv2dWeightGradientParams } from "../../../ops/mod.ts";
import { channelsInFours, pixelOf, pixelUnderTap, tapOf } from "./convolution.ts";
import { gemmDispatches } from "./gemm.ts";
import type { Operand, WriteShaders } from "./kernel.ts";

/** The kernel of `conv2dWeightGradient`: it always applies. */
export function conv2dWeightGradientKernel(
  _: readonly TensorSpec[],
  params: Conv2dWeightGradientParams,
): WriteShaders {
  return (site) => {
    const [x, cotangent] = site.operands as [Operand, Operand];
    const sizes = conv2dSizes(x.shape, site.output.shape, params);
    const { batch, outHeight, outWidth, kernelHeight, kernelWidth } = sizes;
    const { filters, groupChannels, groupFilters } = sizes;
    const windows = { height: outHeight, width: outWidth };
    return gemmDispatches(site, {
      batch: params.groups,
      m: kernelHeight * kernelWidth * groupChannels,
      n: groupFilters,
      k: batch * outHeight * outWidth,
      lhs: {
        access: x.access,
        contiguous: "outer",
        inFours: channelsInFours(x.access, groupChannels),
        element: ({ load, zero }) => [
          ...tapOf("outer", sizes, { channels: groupChannels, named: "channel" }),
          ...pixelOf("inner", windows),
          ...pixelUnderTap(sizes, params, zero),
          `let of_group = matrix * ${groupChannels}u + channel;`,
          `return ${load(x.access, ["image", "y", "x", "of_group"])};`,
        ],
      },
      rhs: {
        access: cotangent.access,
        contiguous: "outer",
        inFours: channelsInFours(cotangent.access, groupFilters),
        element: ({ load }) => [
          ...pixelOf("inner", windows),
          `let of_group = matrix * ${groupFilters}u + outer;`,
          `return ${load(cotangent.access, ["image", "row", "column", "of_group"])};`,
        ],
      },
      place: `row * ${filters}u + matrix * ${groupFilters}u + column`,
    });
  };
}

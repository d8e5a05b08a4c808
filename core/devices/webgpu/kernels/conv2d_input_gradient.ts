/**
 * Gradient of a convolution by its images in float32, as a product of matrices: a row is a pixel, a
 * column a channel, and the sum runs over taps and filters. See `gemm.ts`.
 *
 * @module
 */
import type { TensorSpec } from "../../../tensor/mod.ts";
import { type Conv2dInputGradientParams, conv2dSizes } from "../../../ops/mod.ts";
import { channelsInFours, pixelOf, tapOf, windowOverPixel } from "./convolution.ts";
import { gemmDispatches } from "./gemm.ts";
import type { Operand, WriteShaders } from "./kernel.ts";

/** The kernel of `conv2dInputGradient`: it always applies. */
export function conv2dInputGradientKernel(
  _: readonly TensorSpec[],
  params: Conv2dInputGradientParams,
): WriteShaders {
  return (site) => {
    const [cotangent, weight] = site.operands as [Operand, Operand];
    const sizes = conv2dSizes(site.output.shape, weight.shape, params);
    const { batch, height, width, channels, kernelHeight, kernelWidth } = sizes;
    const { groupChannels, groupFilters } = sizes;
    const filters = { channels: groupFilters, named: "filter_number" };
    return gemmDispatches(site, {
      batch: params.groups,
      m: batch * height * width,
      n: groupChannels,
      k: kernelHeight * kernelWidth * groupFilters,
      lhs: {
        access: cotangent.access,
        contiguous: "inner",
        inFours: channelsInFours(cotangent.access, groupFilters),
        element: ({ load, zero }) => [
          ...tapOf("inner", sizes, filters),
          ...pixelOf("outer", { height, width }),
          ...windowOverPixel(sizes, params, zero),
          `let of_group = matrix * ${groupFilters}u + filter_number;`,
          `return ${load(cotangent.access, ["image", "y", "x", "of_group"])};`,
        ],
      },
      rhs: {
        access: weight.access,
        contiguous: "inner",
        inFours: channelsInFours(weight.access, groupFilters),
        element: ({ load }) => [
          ...tapOf("inner", sizes, filters),
          `let of_group = matrix * ${groupFilters}u + filter_number;`,
          `return ${load(weight.access, ["u", "v", "outer", "of_group"])};`,
        ],
      },
      place: `row * ${channels}u + matrix * ${groupChannels}u + column`,
    });
  };
}

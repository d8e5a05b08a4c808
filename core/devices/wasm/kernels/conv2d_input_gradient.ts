/**
 * Gradient of a convolution by its images in float32: the weight, its taps reversed, slides over the
 * cotangent. With strides, a pixel meets only the taps that reached it, and so no product is made with
 * a zero between cotangents. Every pixel is computed by itself: nothing is scattered. Algorithm and tile
 * sizes are told in `conv2d_sliding.ts`.
 *
 * @module
 */
import type { TensorSpec } from "../../../tensor/mod.ts";
import { type Conv2dInputGradientParams, conv2dSizes } from "../../../ops/mod.ts";
import { slidingProgram } from "./conv2d_sliding.ts";
import { imageSteps } from "./conv2d_sliding_layout.ts";
import type { MakeProgram } from "./kernel.ts";

/** The kernel of `conv2dInputGradient`: f32 only. */
export function conv2dInputGradientKernel(
  inputs: readonly TensorSpec[],
  params: Conv2dInputGradientParams,
): MakeProgram | null {
  if (inputs.some(({ dtype }) => dtype !== "f32")) return null;
  const { strides, padding, dilation, groups } = params;
  return (site) => {
    const [cotangent, weight] = site.operands;
    const sizes = conv2dSizes(site.output.shape, weight!.shape, params);
    const { kernelHeight, kernelWidth } = sizes;
    const [row, column, output, place] = weight!.strides.map((stride) => 4 * stride);
    const axis = (i: 0 | 1) => {
      const taps = i === 0 ? kernelHeight : kernelWidth;
      return {
        sources: i === 0 ? sizes.outHeight : sizes.outWidth,
        outputs: i === 0 ? sizes.height : sizes.width,
        taps,
        stride: 1,
        lead: (taps - 1) * dilation[i] - padding[i][0],
        dilation: dilation[i],
        divisor: strides[i],
      };
    };
    return slidingProgram(site, {
      batch: sizes.batch,
      rows: axis(0),
      columns: axis(1),
      source: imageSteps(cotangent!),
      // the last tap comes first
      taps: {
        base: weight!.base + (kernelHeight - 1) * row! + (kernelWidth - 1) * column!,
        groups,
        rows: kernelHeight,
        columns: kernelWidth,
        places: sizes.groupFilters,
        outputs: sizes.groupChannels,
        step: {
          group: sizes.groupFilters * place!,
          row: -row!,
          column: -column!,
          place: place!,
          output: output!,
        },
      },
    });
  };
}

/**
 * Convolution in float32, any strides, padding, dilation and groups: the weight slides over the images.
 * Algorithm and tile sizes are told in `conv2d_sliding.ts`.
 *
 * @module
 */
import type { TensorSpec } from "../../../tensor/mod.ts";
import { type Conv2dParams, conv2dSizes } from "../../../ops/mod.ts";
import { slidingProgram } from "./conv2d_sliding.ts";
import { imageSteps } from "./conv2d_sliding_layout.ts";
import type { MakeProgram } from "./kernel.ts";

/** The kernel of `conv2d`: f32 only. */
export function conv2dKernel(
  inputs: readonly TensorSpec[],
  params: Conv2dParams,
): MakeProgram | null {
  if (inputs.some(({ dtype }) => dtype !== "f32")) return null;
  const { strides, padding, dilation, groups } = params;
  return (site) => {
    const [x, weight] = site.operands;
    const sizes = conv2dSizes(x!.shape, weight!.shape, params);
    const [row, column, place, output] = weight!.strides.map((stride) => 4 * stride);
    const axis = (i: 0 | 1) => ({
      sources: i === 0 ? sizes.height : sizes.width,
      outputs: i === 0 ? sizes.outHeight : sizes.outWidth,
      taps: i === 0 ? sizes.kernelHeight : sizes.kernelWidth,
      stride: strides[i],
      lead: padding[i][0],
      dilation: dilation[i],
      divisor: 1,
    });
    return slidingProgram(site, {
      batch: sizes.batch,
      rows: axis(0),
      columns: axis(1),
      source: imageSteps(x!),
      taps: {
        base: weight!.base,
        groups,
        rows: sizes.kernelHeight,
        columns: sizes.kernelWidth,
        places: sizes.groupChannels,
        outputs: sizes.groupFilters,
        step: {
          group: sizes.groupFilters * output!,
          row: row!,
          column: column!,
          place: place!,
          output: output!,
        },
      },
    });
  };
}

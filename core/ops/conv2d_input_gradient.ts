/**
 * Gradient of a convolution by its images, which is also the transposed convolution.
 *
 * @module
 */
import { formatSpec, sameShape, type Shape } from "../tensor/mod.ts";
import type { ContractionOp, Value } from "../graph/mod.ts";
import { conv2d } from "./conv2d.ts";
import { conv2dWeightGradient } from "./conv2d_weight_gradient.ts";
import {
  conv2dFlops,
  type Conv2dParams,
  conv2dSizes,
  eachConv2dRun,
  formatConv2d,
  requireKernel,
} from "./convolution.ts";
import { defineOp } from "./define_op.ts";
import { type Pair, requireImages, requireWindow, windowCounts } from "./window.ts";

/** The convolution whose gradient it is, and what its output does not tell: the size of its images. */
export interface Conv2dInputGradientParams extends Conv2dParams {
  /** Rows and columns of the images. */
  readonly inputShape: Pair;
}

/** Shape of the images that the gradient belongs to. The inputs must have passed `infer`. */
export function conv2dInputShape(
  cotangent: Shape,
  weight: Shape,
  { inputShape, groups }: Conv2dInputGradientParams,
): Shape {
  return [cotangent[0]!, ...inputShape, weight[2]! * groups];
}

/** `∂L/∂x[b, p, q, c] = Σ cotangent[b, i, j, f] · weight[u, v, c, f]` where window cell and pixel meet */
export const conv2dInputGradientOp: ContractionOp<Conv2dInputGradientParams> = defineOp<
  Conv2dInputGradientParams
>({
  name: "conv2dInputGradient",
  kind: "contraction",
  infer([cotangent, weight], params) {
    const action = `take the gradient of a convolution by its images from ${
      formatSpec(cotangent!)
    } and ${formatSpec(weight!)}`;
    requireImages(action, cotangent!);
    requireKernel(action, weight!, params);
    const { inputShape } = params;
    const [batch] = cotangent!.shape as [number];
    const [kernelHeight, kernelWidth, groupChannels, filters] = weight!.shape as [
      number,
      number,
      number,
      number,
    ];
    const odd = inputShape.find((size) => !Number.isInteger(size) || size < 0);
    if (odd !== undefined) {
      throw new RangeError(
        `Cannot ${action}: received inputShape of ${odd}, expected integers of 0 or more`,
      );
    }
    const window = { ...params, window: [kernelHeight, kernelWidth] as const };
    requireWindow(action, inputShape, window);
    const expected = [batch, ...windowCounts(inputShape, window), filters];
    if (!sameShape(cotangent!.shape, expected)) {
      throw new TypeError(
        `Cannot ${action}: images of ${inputShape.join("×")} give ${
          formatSpec({ shape: expected, dtype: "f32" })
        }`,
      );
    }
    return { shape: [batch, ...inputShape, groupChannels * params.groups], dtype: "f32" };
  },
  reference({ inputs: [cotangent, weight], output, params }) {
    output.data.fill(0);
    const sizes = conv2dSizes(output.shape, weight!.shape, params);
    eachConv2dRun(sizes, params, (run) => {
      let sum = 0;
      for (let f = 0; f < sizes.groupFilters; f++) {
        sum += cotangent!.data[run.output + f]! * weight!.data[run.weight + f]!;
      }
      output.data[run.x]! += sum;
    });
  },
  flops: ([cotangent, weight], params) =>
    conv2dFlops(
      conv2dSizes(
        conv2dInputShape(cotangent!.shape, weight!.shape, params),
        weight!.shape,
        params,
      ),
    ),
  // it is linear in both: by the cotangent the convolution itself, by the weight its gradient
  vjp({ inputs: [given, weight], cotangent, params }) {
    const { inputShape: _, ...convolution } = params;
    const [kernelHeight, kernelWidth] = weight!.spec.shape as [number, number];
    return [
      conv2d(cotangent, weight!, convolution),
      conv2dWeightGradient(cotangent, given!, {
        ...convolution,
        kernelShape: [kernelHeight, kernelWidth],
      }),
    ];
  },
  format: ([cotangent, weight], params) =>
    formatConv2d("conv2dInputGradient", [cotangent!, weight!], params),
});

/**
 * Gradient of `conv2d(x, weight)` by x, from the gradient by its output: every cell of a window gets
 * its share of the window's cotangent. As a layer it is the transposed convolution.
 *
 * Shapes: `cotangent [batch, outHeight, outWidth, filters]`,
 * `weight [kernelHeight, kernelWidth, channels / groups, filters]`
 * `-> [batch, …inputShape, channels]`
 *
 * Gradient: `conv2d` and `conv2dWeightGradient`.
 *
 * @param params Those of the convolution, and `inputShape`, the height and width of x.
 * @throws {TypeError} When images of that size do not give a cotangent of this shape.
 * @throws {RangeError} When the kernel is larger than the padded image, or a number is too small.
 */
export function conv2dInputGradient(
  cotangent: Value,
  weight: Value,
  params: Conv2dInputGradientParams,
): Value {
  return cotangent.builder.apply(conv2dInputGradientOp, [cotangent, weight], params);
}

/**
 * Gradient of a convolution by its weight.
 *
 * @module
 */
import { formatSpec, sameShape } from "../tensor/mod.ts";
import type { ContractionOp, Value } from "../graph/mod.ts";
import { conv2d } from "./conv2d.ts";
import { conv2dInputGradient } from "./conv2d_input_gradient.ts";
import {
  conv2dFlops,
  type Conv2dParams,
  conv2dSizes,
  eachConv2dRun,
  formatConv2d,
  requireGroups,
} from "./convolution.ts";
import { defineOp } from "./define_op.ts";
import { type Pair, requireImages, requireWindow, windowCounts } from "./window.ts";

/** The convolution whose gradient it is, and what its output does not tell: the size of its kernel. */
export interface Conv2dWeightGradientParams extends Conv2dParams {
  /** Rows and columns of the kernel. */
  readonly kernelShape: Pair;
}

/** `∂L/∂weight[u, v, c, f] = Σ x[b, i·s + u, j·s + v, c] · cotangent[b, i, j, f]` over images and windows */
export const conv2dWeightGradientOp: ContractionOp<Conv2dWeightGradientParams> = defineOp<
  Conv2dWeightGradientParams
>({
  name: "conv2dWeightGradient",
  kind: "contraction",
  infer([x, cotangent], params) {
    const action = `take the gradient of a convolution by its weight from ${formatSpec(x!)} and ${
      formatSpec(cotangent!)
    }`;
    requireImages(action, x!);
    requireImages(action, cotangent!);
    const { groups, kernelShape } = params;
    const [batch, height, width, channels] = x!.shape as [number, number, number, number];
    const filters = cotangent!.shape[3]!;
    requireGroups(action, groups, { channels, filters });
    const window = { ...params, window: kernelShape };
    requireWindow(action, [height, width], window);
    const expected = [batch, ...windowCounts([height, width], window), filters];
    if (!sameShape(cotangent!.shape, expected)) {
      throw new TypeError(
        `Cannot ${action}: a kernel of ${kernelShape.join("×")} gives ${
          formatSpec({ shape: expected, dtype: "f32" })
        }`,
      );
    }
    return { shape: [...kernelShape, channels / groups, filters], dtype: "f32" };
  },
  reference({ inputs: [x, cotangent], output, params }) {
    output.data.fill(0);
    const sizes = conv2dSizes(x!.shape, output.shape, params);
    eachConv2dRun(sizes, params, (run) => {
      const element = x!.data[run.x]!;
      for (let f = 0; f < sizes.groupFilters; f++) {
        output.data[run.weight + f]! += element * cotangent!.data[run.output + f]!;
      }
    });
  },
  flops([x, cotangent], params) {
    const { kernelShape, groups } = params;
    const weight = [...kernelShape, x!.shape[3]! / groups, cotangent!.shape[3]!];
    return conv2dFlops(conv2dSizes(x!.shape, weight, params));
  },
  // it is linear in both: by x the gradient by images, by the cotangent the convolution itself
  vjp({ inputs: [x, given], cotangent, params }) {
    const { kernelShape: _, ...convolution } = params;
    const [, height, width] = x!.spec.shape as [number, number, number];
    return [
      conv2dInputGradient(given!, cotangent, { ...convolution, inputShape: [height, width] }),
      conv2d(x!, cotangent, convolution),
    ];
  },
  format: ([x, cotangent], params) =>
    formatConv2d("conv2dWeightGradient", [x!, cotangent!], params),
});

/**
 * Gradient of `conv2d(x, weight)` by the weight, from the gradient by its output.
 *
 * Shapes: `x [batch, height, width, channels]`, `cotangent [batch, outHeight, outWidth, filters]`
 * `-> [...kernelShape, channels / groups, filters]`
 *
 * Gradient: `conv2dInputGradient` and `conv2d`.
 *
 * @param params Those of the convolution, and `kernelShape`, the height and width of the kernel.
 * @throws {TypeError} When a kernel of that size does not give a cotangent of this shape.
 * @throws {RangeError} When the kernel is larger than the padded image, or a number is too small.
 */
export function conv2dWeightGradient(
  x: Value,
  cotangent: Value,
  params: Conv2dWeightGradientParams,
): Value {
  return x.builder.apply(conv2dWeightGradientOp, [x, cotangent], params);
}

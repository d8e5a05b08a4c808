/**
 * The transposed convolution of images.
 *
 * @module
 */
import { z } from "zod";
import {
  type AnyTensor,
  defineLayer,
  type Dim,
  lazySchema,
  ops,
  type Schema,
  type Tensor,
  type Value,
} from "../../core/mod.ts";
import {
  type ConvolutionConfig,
  convolutionFields,
  type ConvolutionOptions,
  convolutionParameters,
  finishSums,
} from "./convolutions.ts";
import { type Padding, paddingField, pairOf, type Size2d, sizeField } from "./windows.ts";

/** Options of {@linkcode conv2dTranspose}. */
export interface Conv2dTransposeOptions extends ConvolutionOptions {
  /** Rows and columns of the output from one pixel's window to the next one's. Default 1. */
  readonly strides?: Size2d | undefined;
  /** Whether the output is what all windows cover (`"valid"`), or of `size · stride` (`"same"`). Default `"valid"`. */
  readonly padding?: Padding | undefined;
  /** Rows and columns from one cell of a window to the next. Default 1. */
  readonly dilation?: Size2d | undefined;
}

interface Conv2dTransposeConfig extends ConvolutionConfig {
  readonly filters: number;
  readonly kernelSize: Size2d;
  readonly strides: Size2d;
  readonly padding: Padding;
  readonly dilation: Size2d;
}

const config: Schema<
  Conv2dTransposeOptions & { readonly filters: number; readonly kernelSize: Size2d },
  Conv2dTransposeConfig
> = lazySchema(() =>
  z.strictObject({
    filters: z.int().min(1).describe("Number of output channels"),
    kernelSize: sizeField("Rows and columns of the kernel"),
    strides: sizeField("Rows and columns of the output from one window to the next").default(1),
    padding: paddingField(),
    dilation: sizeField("Rows and columns from one cell of a window to the next").default(1),
    ...convolutionFields(),
  })
);

const stage = defineLayer<(x: AnyTensor) => AnyTensor>()({
  name: "conv2dTranspose",
  config,
  formula: "y = activation(conv2dTranspose(x, weight) + bias)",
  rank: 4,
  parameters: (config, x) =>
    convolutionParameters(config, {
      weight: [...pairOf(config.kernelSize), config.filters, x.shape[3]!],
      channels: config.filters,
    }),
  build: ({ x, weight, bias }, { config }) =>
    finishSums(
      transposedConvolution(x, weight, {
        strides: pairOf(config.strides),
        padding: config.padding,
        dilation: pairOf(config.dilation),
      }),
      bias,
      config,
    ),
});

/**
 * Every pixel adds its multiple of the kernel to a window of the output: the gradient by its images
 * of the convolution that makes images of the input's size from those of the output's.
 */
export function transposedConvolution(
  x: Value,
  weight: Value,
  { strides, padding, dilation }: {
    readonly strides: ops.Pair;
    readonly padding: Padding;
    readonly dilation: ops.Pair;
  },
): Value {
  const [, height, width] = x.spec.shape as readonly [number, number, number];
  const [kernelHeight, kernelWidth] = weight.spec.shape as readonly [number, number];
  const window: ops.Pair = [kernelHeight, kernelWidth];
  const along = (axis: 0 | 1): number => {
    const size = axis === 0 ? height : width;
    const extent = (window[axis] - 1) * dilation[axis] + 1;
    const beyond = padding === "same" ? 0 : Math.max(extent - strides[axis], 0);
    return size * strides[axis] + beyond;
  };
  const inputShape: ops.Pair = [along(0), along(1)];
  return ops.conv2dInputGradient(x, weight, {
    strides,
    padding: ops.resolvePadding(padding, { size: inputShape, window, strides, dilation }),
    dilation,
    groups: 1,
    inputShape,
  });
}

/**
 * `y[b, i·s + u, j·s + v, f] = activation(Σ x[b, i, j, c] · weight[u, v, f, c] + bias[f])`, summed over
 * channels and over all `i, u` and `j, v` that meet: every pixel adds its multiple of the kernel to a
 * window of the output, which is larger than the input by the strides.
 *
 * Shapes: `x [batch, height, width, channels]`,
 * `weight [kernelHeight, kernelWidth, filters, channels], bias [filters]`
 * `-> [batch, height · stride + max(extent - stride, 0), …, filters]`, with
 * `extent = (kernelHeight - 1) · dilation + 1`; with `padding: "same"` `[batch, height · stride, …]`
 *
 * Gradient: with `δ = ∂L/∂y ⊙ activation′`: `∂L/∂x` is the convolution of δ with the weight,
 * `∂L/∂weight` the gradient of that convolution with x in the place of its cotangent
 *
 * Differs: layout and sizes are Keras's, without its `output_padding`. PyTorch's `ConvTranspose2d`
 * keeps the weight as `[channels, filters, …]`, and gives `(height - 1) · stride + extent` rows: fewer
 * where the stride is larger than the extent. It pads by numbers, not by `"same"`.
 *
 * Counterparts: Keras `Conv2DTranspose`; PyTorch `ConvTranspose2d`; TensorFlow.js
 * `layers.conv2dTranspose`
 *
 * @param filters Number of output channels, at least 1.
 * @param kernelSize Rows and columns of the window, or one number for both.
 * @returns A layer with the parameters `weight` and `bias`.
 *
 * @example
 * ```ts
 * import { conv2d, conv2dTranspose, sequential, stageOf } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const codec = sequential(
 *   conv2d(8, 3, { strides: 2, padding: "same" }),
 *   conv2dTranspose(1, 3, { strides: 2, padding: "same" }),
 * );
 * assertEquals(stageOf(codec)?.definition.name, "sequential");
 * ```
 *
 * Source: Dumoulin, Visin, "A guide to convolution arithmetic for deep learning", 2016,
 * https://arxiv.org/abs/1603.07285
 */
export function conv2dTranspose<const F extends number>(
  filters: F,
  kernelSize: Size2d,
  options: Conv2dTransposeOptions = {},
): <B extends Dim, H extends Dim, W extends Dim, C extends Dim>(
  x: Tensor<readonly [B, H, W, C]>,
) => Tensor<readonly [B, number, number, F]> {
  return stage({ ...options, filters, kernelSize });
}

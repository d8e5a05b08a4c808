/**
 * The convolution that keeps channels apart.
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
} from "../../core/mod.ts";
import {
  type ConvolutionConfig,
  convolutionFields,
  type ConvolutionOptions,
  convolutionParameters,
  finishSums,
} from "./convolutions.ts";
import { type Padding, paddingField, pairOf, type Size2d, sizeField } from "./windows.ts";

/** Options of {@linkcode depthwiseConv2d}. */
export interface DepthwiseConv2dOptions extends ConvolutionOptions {
  /** Rows and columns from one window to the next. Default 1. */
  readonly strides?: Size2d | undefined;
  /** Zeros around the image: none (`"valid"`), or what gives `⌈size / stride⌉` windows (`"same"`). Default `"valid"`. */
  readonly padding?: Padding | undefined;
  /** Rows and columns from one cell of a window to the next. Default 1. */
  readonly dilation?: Size2d | undefined;
  /** Output channels for each input channel. Default 1. */
  readonly depthMultiplier?: number | undefined;
}

interface DepthwiseConv2dConfig extends ConvolutionConfig {
  readonly kernelSize: Size2d;
  readonly strides: Size2d;
  readonly padding: Padding;
  readonly dilation: Size2d;
  readonly depthMultiplier: number;
}

const config: Schema<
  DepthwiseConv2dOptions & { readonly kernelSize: Size2d },
  DepthwiseConv2dConfig
> = lazySchema(() =>
  z.strictObject({
    kernelSize: sizeField("Rows and columns of the kernel"),
    strides: sizeField("Rows and columns from one window to the next").default(1),
    padding: paddingField(),
    dilation: sizeField("Rows and columns from one cell of a window to the next").default(1),
    depthMultiplier: z.int().min(1).default(1).describe("Output channels for each input channel"),
    ...convolutionFields(),
  })
);

const stage = defineLayer<(x: AnyTensor) => AnyTensor>()({
  name: "depthwiseConv2d",
  config,
  formula: "y = activation(depthwiseConv2d(x, weight) + bias)",
  rank: 4,
  parameters(config, x) {
    const { kernelSize, depthMultiplier } = config;
    const channels = x.shape[3]!;
    return convolutionParameters(config, {
      weight: [...pairOf(kernelSize), channels, depthMultiplier],
      channels: channels * depthMultiplier,
    });
  },
  build({ x, weight, bias }, { config }) {
    const { strides, padding, dilation } = config;
    const [rows, columns, channels, multiplier] = weight.spec.shape as readonly [
      number,
      number,
      number,
      number,
    ];
    // a group for each channel: the filters of a group lie side by side, as in the weight
    const sums = ops.conv2d(x, ops.reshape(weight, [rows, columns, 1, channels * multiplier]), {
      strides: pairOf(strides),
      padding,
      dilation: pairOf(dilation),
      groups: channels,
    });
    return finishSums(sums, bias, config);
  },
});

/**
 * `y[b, i, j, c·m + q] = activation(Σ_{u,v} x[b, i·s + u, j·s + v, c] · weight[u, v, c, q] + bias[c·m + q])`,
 * with `m` the depth multiplier: every channel is convolved by itself, with `m` kernels of its own.
 * Followed by `conv2d(filters, 1)` it is a separable convolution, with far fewer products than `conv2d`.
 *
 * Shapes: `x [batch, height, width, channels]`,
 * `weight [kernelHeight, kernelWidth, channels, depthMultiplier], bias [channels · depthMultiplier]`
 * `-> [batch, ⌊(height - extent) / stride⌋ + 1, …, channels · depthMultiplier]`, with
 * `extent = (kernelHeight - 1) · dilation + 1`; with `padding: "same"` `[batch, ⌈height / stride⌉, …]`
 *
 * Gradient: with `δ = ∂L/∂y ⊙ activation′`: `∂L/∂weight[u, v, c, q] = Σ_{b,i,j} x[b, i·s + u, j·s + v, c]
 * · δ[b, i, j, c·m + q]`, and `∂L/∂x` gathers from every window that holds the pixel
 *
 * Differs: layout and defaults are Keras's. PyTorch's is `Conv2d` with as many groups as channels.
 *
 * Counterparts: Keras `DepthwiseConv2D`; PyTorch `Conv2d(groups=in_channels)`; TensorFlow.js
 * `layers.depthwiseConv2d`
 *
 * @param kernelSize Rows and columns of the window, or one number for both.
 * @returns A layer with the parameters `weight` and `bias`.
 *
 * @example
 * ```ts
 * import { conv2d, depthwiseConv2d, sequential, stageOf } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const separable = sequential(depthwiseConv2d(3, { useBias: false }), conv2d(64, 1));
 * assertEquals(stageOf(separable)?.definition.name, "sequential");
 * ```
 *
 * Source: Howard et al., "MobileNets: Efficient convolutional neural networks for mobile vision
 * applications", 2017, https://arxiv.org/abs/1704.04861
 */
export function depthwiseConv2d(
  kernelSize: Size2d,
  options: DepthwiseConv2dOptions = {},
): <B extends Dim, H extends Dim, W extends Dim, C extends Dim>(
  x: Tensor<readonly [B, H, W, C]>,
) => Tensor<readonly [B, number, number, number]> {
  return stage({ ...options, kernelSize });
}

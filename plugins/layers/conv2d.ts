/**
 * The convolution of images.
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
  requireGroups,
} from "./convolutions.ts";
import { type Padding, paddingField, pairOf, type Size2d, sizeField } from "./windows.ts";

/** Options of {@linkcode conv2d}. */
export interface Conv2dOptions extends ConvolutionOptions {
  /** Rows and columns from one window to the next. Default 1. */
  readonly strides?: Size2d | undefined;
  /** Zeros around the image: none (`"valid"`), or what gives `⌈size / stride⌉` windows (`"same"`). Default `"valid"`. */
  readonly padding?: Padding | undefined;
  /** Rows and columns from one cell of a window to the next. Default 1. */
  readonly dilation?: Size2d | undefined;
  /** Parts in which channels and filters are divided; as many as channels makes it depthwise. Default 1. */
  readonly groups?: number | undefined;
}

interface Conv2dConfig extends ConvolutionConfig {
  readonly filters: number;
  readonly kernelSize: Size2d;
  readonly strides: Size2d;
  readonly padding: Padding;
  readonly dilation: Size2d;
  readonly groups: number;
}

const config: Schema<
  Conv2dOptions & { readonly filters: number; readonly kernelSize: Size2d },
  Conv2dConfig
> = lazySchema(() =>
  z.strictObject({
    filters: z.int().min(1).describe("Number of output channels"),
    kernelSize: sizeField("Rows and columns of the kernel"),
    strides: sizeField("Rows and columns from one window to the next").default(1),
    padding: paddingField(),
    dilation: sizeField("Rows and columns from one cell of a window to the next").default(1),
    groups: z.int().min(1).default(1).describe("Parts in which channels and filters are divided"),
    ...convolutionFields(),
  }).refine(({ filters, groups }) => filters % groups === 0, {
    path: ["groups"],
    error: "expected a divisor of filters",
  })
);

const stage = defineLayer<(x: AnyTensor) => AnyTensor>()({
  name: "conv2d",
  config,
  formula: "y = activation(conv2d(x, weight) + bias)",
  rank: 4,
  parameters(config, x) {
    const { filters, kernelSize, groups } = config;
    const channels = x.shape[3]!;
    requireGroups(x, groups);
    return convolutionParameters(config, {
      weight: [...pairOf(kernelSize), channels / groups, filters],
      channels: filters,
    });
  },
  build({ x, weight, bias }, { config }) {
    const { strides, padding, dilation, groups } = config;
    const sums = ops.conv2d(x, weight, {
      strides: pairOf(strides),
      padding,
      dilation: pairOf(dilation),
      groups,
    });
    return finishSums(sums, bias, config);
  },
});

/**
 * `y[b, i, j, f] = activation(Σ_{u,v,c} x[b, i·s + u, j·s + v, c] · weight[u, v, c, f] + bias[f])`: a
 * window slides over the image, and every filter gives one weighted sum of what is in it.
 *
 * Shapes: `x [batch, height, width, channels]`,
 * `weight [kernelHeight, kernelWidth, channels / groups, filters], bias [filters]`
 * `-> [batch, ⌊(height - extent) / stride⌋ + 1, …, filters]`, with
 * `extent = (kernelHeight - 1) · dilation + 1`; with `padding: "same"` `[batch, ⌈height / stride⌉, …]`
 *
 * Gradient: with `δ = ∂L/∂y ⊙ activation′`: `∂L/∂weight[u, v, c, f] = Σ_{b,i,j} x[b, i·s + u, j·s + v, c]
 * · δ[b, i, j, f]`, `∂L/∂bias = Σ_{b,i,j} δ`, and `∂L/∂x` gathers from every window that holds the pixel
 *
 * Differs: layout and defaults are Keras's, and so is `"same"`, which puts the odd row or column to the
 * end. PyTorch's `Conv2d` has channels before height, keeps the weight as `[filters, channels, …]` and
 * draws weight and bias uniformly in `±1/√(kernelHeight · kernelWidth · channels)`.
 *
 * Counterparts: Keras `Conv2D`; PyTorch `Conv2d`; TensorFlow.js `layers.conv2d`
 *
 * @param filters Number of output channels, at least 1.
 * @param kernelSize Rows and columns of the window, or one number for both.
 * @returns A layer with the parameters `weight` and `bias`.
 *
 * @example
 * ```ts
 * import { conv2d, dense, flatten, maxPool2d, sequential, stageOf } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const model = sequential(
 *   conv2d(8, 5, { activation: "relu" }),
 *   maxPool2d(2),
 *   conv2d(16, [3, 3], { padding: "same", activation: "relu" }),
 *   maxPool2d(2),
 *   flatten(),
 *   dense(10),
 * );
 * assertEquals(stageOf(model)?.definition.name, "sequential");
 * ```
 *
 * Source: LeCun, Bottou, Bengio, Haffner, "Gradient-based learning applied to document recognition",
 * Proceedings of the IEEE 86, 1998, https://doi.org/10.1109/5.726791
 */
export function conv2d<const F extends number>(
  filters: F,
  kernelSize: Size2d,
  options: Conv2dOptions = {},
): <B extends Dim, H extends Dim, W extends Dim, C extends Dim>(
  x: Tensor<readonly [B, H, W, C]>,
) => Tensor<readonly [B, number, number, F]> {
  return stage({ ...options, filters, kernelSize });
}

/**
 * The transposed convolution of sequences.
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
import { transposedConvolution } from "./conv2d_transpose.ts";
import {
  type ConvolutionConfig,
  convolutionFields,
  type ConvolutionOptions,
  convolutionParameters,
  finishSums,
} from "./convolutions.ts";
import { asImages, asSequences } from "./sequences.ts";
import { type Padding, paddingField } from "./windows.ts";

/** Options of {@linkcode conv1dTranspose}. */
export interface Conv1dTransposeOptions extends ConvolutionOptions {
  /** Steps of the output from one window to the next. Default 1. */
  readonly strides?: number | undefined;
  /** Whether the output is what all windows cover (`"valid"`), or of `length · stride` (`"same"`). Default `"valid"`. */
  readonly padding?: Padding | undefined;
  /** Steps from one cell of a window to the next. Default 1. */
  readonly dilation?: number | undefined;
}

interface Conv1dTransposeConfig extends ConvolutionConfig {
  readonly filters: number;
  readonly kernelSize: number;
  readonly strides: number;
  readonly padding: Padding;
  readonly dilation: number;
}

const config: Schema<
  Conv1dTransposeOptions & { readonly filters: number; readonly kernelSize: number },
  Conv1dTransposeConfig
> = lazySchema(() =>
  z.strictObject({
    filters: z.int().min(1).describe("Number of output channels"),
    kernelSize: z.int().min(1).describe("Steps of the kernel"),
    strides: z.int().min(1).default(1).describe("Steps of the output from one window to the next"),
    padding: paddingField(),
    dilation: z.int().min(1).default(1).describe("Steps from one cell of a window to the next"),
    ...convolutionFields(),
  })
);

const stage = defineLayer<(x: AnyTensor) => AnyTensor>()({
  name: "conv1dTranspose",
  config,
  formula: "y = activation(conv1dTranspose(x, weight) + bias)",
  rank: 3,
  parameters: (config, x) =>
    convolutionParameters(config, {
      weight: [config.kernelSize, config.filters, x.shape[2]!],
      channels: config.filters,
    }),
  build({ x, weight, bias }, { config }) {
    const { strides, padding, dilation } = config;
    const sums = transposedConvolution(
      asImages(x),
      ops.reshape(weight, [1, ...weight.spec.shape]),
      { strides: [1, strides], padding, dilation: [1, dilation] },
    );
    return finishSums(asSequences(sums), bias, config);
  },
});

/**
 * `y[b, i·s + u, f] = activation(Σ x[b, i, c] · weight[u, f, c] + bias[f])`, summed over channels and
 * over all `i, u` that meet: every step adds its multiple of the kernel to a window of the output.
 *
 * Shapes: `x [batch, length, channels], weight [kernelSize, filters, channels], bias [filters]`
 * `-> [batch, length · stride + max(extent - stride, 0), filters]`, with
 * `extent = (kernelSize - 1) · dilation + 1`; with `padding: "same"` `[batch, length · stride, filters]`
 *
 * Gradient: as of `conv2dTranspose`, of which it is the case of one row
 *
 * Differs: layout and sizes are Keras's; PyTorch's `ConvTranspose1d` has channels before length, the
 * weight as `[channels, filters, kernelSize]`, and pads by numbers.
 *
 * Counterparts: Keras `Conv1DTranspose`; PyTorch `ConvTranspose1d`; TensorFlow.js none
 *
 * @param filters Number of output channels, at least 1.
 * @param kernelSize Steps of the window.
 * @returns A layer with the parameters `weight` and `bias`.
 *
 * @example
 * ```ts
 * import { conv1dTranspose, stageOf } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const layer = conv1dTranspose(4, 3, { strides: 2, padding: "same" });
 * assertEquals(stageOf(layer)?.definition.name, "conv1dTranspose");
 * ```
 */
export function conv1dTranspose<const F extends number>(
  filters: F,
  kernelSize: number,
  options: Conv1dTransposeOptions = {},
): <B extends Dim, L extends Dim, C extends Dim>(
  x: Tensor<readonly [B, L, C]>,
) => Tensor<readonly [B, number, F]> {
  return stage({ ...options, filters, kernelSize });
}

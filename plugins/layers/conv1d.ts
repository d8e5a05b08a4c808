/**
 * The convolution of sequences.
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
import { asImages, asSequences } from "./sequences.ts";
import type { Padding } from "./windows.ts";

/** What is put around a sequence; `"causal"` puts all of it in front, so that no output reads ahead. */
export type SequencePadding = Padding | "causal";

/** Options of {@linkcode conv1d}. */
export interface Conv1dOptions extends ConvolutionOptions {
  /** Steps from one window to the next. Default 1. */
  readonly strides?: number | undefined;
  /**
   * Zeros around the sequence: none (`"valid"`), what gives `⌈length / stride⌉` windows (`"same"`), or
   * the same in front of it alone, so that no output depends on what comes later (`"causal"`).
   * Default `"valid"`.
   */
  readonly padding?: SequencePadding | undefined;
  /** Steps from one cell of a window to the next. Default 1. */
  readonly dilation?: number | undefined;
  /** Parts in which channels and filters are divided. Default 1. */
  readonly groups?: number | undefined;
}

interface Conv1dConfig extends ConvolutionConfig {
  readonly filters: number;
  readonly kernelSize: number;
  readonly strides: number;
  readonly padding: SequencePadding;
  readonly dilation: number;
  readonly groups: number;
}

const config: Schema<
  Conv1dOptions & { readonly filters: number; readonly kernelSize: number },
  Conv1dConfig
> = lazySchema(() =>
  z.strictObject({
    filters: z.int().min(1).describe("Number of output channels"),
    kernelSize: z.int().min(1).describe("Steps of the kernel"),
    strides: z.int().min(1).default(1).describe("Steps from one window to the next"),
    padding: z.enum(["valid", "same", "causal"]).default("valid").describe(
      "What is put around the sequence: nothing, what gives length / stride windows, rounded up, or " +
        "as much as that in front alone",
    ),
    dilation: z.int().min(1).default(1).describe("Steps from one cell of a window to the next"),
    groups: z.int().min(1).default(1).describe("Parts in which channels and filters are divided"),
    ...convolutionFields(),
  }).refine(({ filters, groups }) => filters % groups === 0, {
    path: ["groups"],
    error: "expected a divisor of filters",
  })
);

const stage = defineLayer<(x: AnyTensor) => AnyTensor>()({
  name: "conv1d",
  config,
  formula: "y = activation(conv1d(x, weight) + bias)",
  rank: 3,
  parameters(config, x) {
    const { filters, kernelSize, groups } = config;
    requireGroups(x, groups);
    return convolutionParameters(config, {
      weight: [kernelSize, x.shape[2]! / groups, filters],
      channels: filters,
    });
  },
  build({ x, weight, bias }, { config }) {
    const { strides, padding, dilation, groups, kernelSize } = config;
    const ahead = (kernelSize - 1) * dilation;
    const sums = ops.conv2d(asImages(x), ops.reshape(weight, [1, ...weight.spec.shape]), {
      strides: [1, strides],
      padding: padding === "causal" ? [[0, 0], [ahead, 0]] : padding,
      dilation: [1, dilation],
      groups,
    });
    return finishSums(asSequences(sums), bias, config);
  },
});

/**
 * `y[b, i, f] = activation(Σ_{u,c} x[b, i·s + u, c] · weight[u, c, f] + bias[f])`: a window slides
 * along the sequence, and every filter gives one weighted sum of what is in it.
 *
 * Shapes: `x [batch, length, channels], weight [kernelSize, channels / groups, filters], bias [filters]`
 * `-> [batch, ⌊(length - extent) / stride⌋ + 1, filters]`, with `extent = (kernelSize - 1) · dilation + 1`;
 * with `padding: "same"` or `"causal"` `[batch, ⌈length / stride⌉, filters]`
 *
 * Gradient: with `δ = ∂L/∂y ⊙ activation′`: `∂L/∂weight[u, c, f] = Σ_{b,i} x[b, i·s + u, c] · δ[b, i, f]`,
 * `∂L/∂bias = Σ_{b,i} δ`, and `∂L/∂x` gathers from every window that holds the step
 *
 * Differs: layout, defaults and `"causal"` are Keras's. PyTorch's `Conv1d` has channels before length,
 * keeps the weight as `[filters, channels, kernelSize]`, and draws it in another way.
 *
 * Counterparts: Keras `Conv1D`; PyTorch `Conv1d`; TensorFlow.js `layers.conv1d`
 *
 * @param filters Number of output channels, at least 1.
 * @param kernelSize Steps of the window.
 * @returns A layer with the parameters `weight` and `bias`.
 *
 * @example
 * ```ts
 * import { conv1d, globalMaxPool1d, sequential, stageOf } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const model = sequential(conv1d(16, 5, { padding: "causal", activation: "relu" }), globalMaxPool1d());
 * assertEquals(stageOf(model)?.definition.name, "sequential");
 * ```
 *
 * Source: van den Oord et al., "WaveNet: a generative model for raw audio", 2016, for `"causal"` and
 * dilation, https://arxiv.org/abs/1609.03499
 */
export function conv1d<const F extends number>(
  filters: F,
  kernelSize: number,
  options: Conv1dOptions = {},
): <B extends Dim, L extends Dim, C extends Dim>(
  x: Tensor<readonly [B, L, C]>,
) => Tensor<readonly [B, number, F]> {
  return stage({ ...options, filters, kernelSize });
}

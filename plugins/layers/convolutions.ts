/**
 * What the convolutional layers share: the options of the sums that windows give, and what is done
 * with them.
 *
 * @module
 */
import { z } from "zod";
import {
  formatSpec,
  ops,
  type ParameterSpec,
  type TensorSpec,
  type Value,
} from "../../core/mod.ts";
import { initializerField } from "../fields.ts";
import { type InitializerLike, resolveInitializer } from "../initializers/mod.ts";
import { activate, type Activation, activationField } from "./activations.ts";

/** Options that all convolutions have. */
export interface ConvolutionOptions {
  /** What the sums pass through: a name, or a function of ops. Default `"linear"`. */
  readonly activation?: Activation | undefined;
  /** Whether a bias is added. Default `true`. */
  readonly useBias?: boolean | undefined;
  /** First values of the weight. Default `"glorotUniform"`. */
  readonly kernelInitializer?: InitializerLike | undefined;
  /** First values of the bias. Default `"zeros"`. */
  readonly biasInitializer?: InitializerLike | undefined;
}

/** These options, filled in. */
export interface ConvolutionConfig {
  readonly activation: Activation;
  readonly useBias: boolean;
  readonly kernelInitializer: InitializerLike;
  readonly biasInitializer: InitializerLike;
}

/** Fields of a schema, each named as its option. */
type Fields = {
  readonly [name in keyof ConvolutionConfig]: z.ZodType<
    ConvolutionConfig[name],
    ConvolutionConfig[name] | undefined
  >;
};

/** The fields of these options. */
export function convolutionFields(): Fields {
  return {
    activation: activationField("linear"),
    useBias: z.boolean().default(true).describe("Whether a bias is added"),
    kernelInitializer: initializerField("glorotUniform", "First values of the weight"),
    biasInitializer: initializerField("zeros", "First values of the bias"),
  };
}

/** The parameters of a convolution: a weight of this shape, and a bias for every output channel. */
export function convolutionParameters(
  { useBias, kernelInitializer, biasInitializer }: ConvolutionConfig,
  { weight, channels }: { readonly weight: readonly number[]; readonly channels: number },
): { readonly weight: ParameterSpec; readonly bias: ParameterSpec | undefined } {
  return {
    weight: { shape: weight, initializer: resolveInitializer(kernelInitializer) },
    bias: useBias
      ? { shape: [channels], initializer: resolveInitializer(biasInitializer) }
      : undefined,
  };
}

/** `activation(sums + bias)`. */
export function finishSums(
  sums: Value,
  bias: Value | undefined,
  { activation }: ConvolutionConfig,
): Value {
  return activate(bias === undefined ? sums : ops.add(sums, bias), activation);
}

/**
 * Demands that groups divide the channels, the last axis.
 *
 * @throws {TypeError} When they do not.
 */
export function requireGroups(x: TensorSpec, groups: number): void {
  const channels = x.shape.at(-1)!;
  if (channels % groups !== 0) {
    throw new TypeError(
      `Cannot convolve ${formatSpec(x)}: ${channels} channels do not divide into ${groups} groups`,
    );
  }
}

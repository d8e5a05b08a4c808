/**
 * Random initial weights whose variance is `scale / n`, where `n` counts the inputs of a unit, its
 * outputs, or both, so that signals keep their size from layer to layer. Glorot's, He's and LeCun's
 * initializers are this with a scale, a mode and a distribution.
 *
 * @module
 */
import { type Initializer, type RandomStream, type Shape, sizeOf } from "../../core/mod.ts";
import { type Draw, drawn, normalAt, truncatedNormalAt, uniformIn } from "./distributions.ts";

/** Which fan divides the scale: the inputs of a unit, its outputs, or the mean of both. */
export type FanMode = "fanIn" | "fanOut" | "fanAverage";

/** Uniform around 0, normal, or normal cut off at two standard deviations. */
export type ScaledDistribution = "uniform" | "normal" | "truncatedNormal";

/** Options of {@linkcode varianceScaling}. */
export interface VarianceScalingOptions {
  /** The variance times the fan. Default 1. */
  readonly scale?: number | undefined;
  /** Which fan divides the scale. Default `"fanIn"`. */
  readonly mode?: FanMode | undefined;
  /** What numbers are drawn from. Default `"truncatedNormal"`. */
  readonly distribution?: ScaledDistribution | undefined;
}

/** Options of the normal initializers that have a name. */
export interface NormalOptions {
  /** Whether the normal distribution is cut off at two standard deviations. Default `true`. */
  readonly truncated?: boolean | undefined;
}

/** Inputs and outputs of one unit. */
export interface Fans {
  readonly fanIn: number;
  readonly fanOut: number;
}

/** Standard deviation of a standard normal number cut off at ±2. */
const truncatedStandardDeviation = 0.87962566103423978;

/**
 * Numbers of mean 0 and variance `scale / n`, with `n` the fan that `mode` says; those of a normal
 * distribution that is cut off are widened by 1 / 0.8796, so that the variance is right after the cut.
 *
 * Differs: as Keras's `VarianceScaling`; its `"untruncated_normal"` is `"normal"`.
 *
 * Counterparts: Keras `VarianceScaling`; PyTorch none; TensorFlow.js `initializers.varianceScaling`
 *
 * @param options.scale Above 0; default 1.
 * @param options.mode `"fanIn"` (default), `"fanOut"` or `"fanAverage"`.
 * @param options.distribution `"truncatedNormal"` (default), `"normal"` or `"uniform"`.
 * @returns An initializer for weights `[in, out]`, and for kernels `[height, width, in, out]`, where every
 * cell of the window counts as an input and an output.
 * @throws {RangeError} When the scale is not above 0.
 *
 * @example
 * ```ts
 * import { RandomStream, varianceScaling } from "@millrace/millrace";
 * import { assert } from "@std/assert";
 *
 * const initializer = varianceScaling({ scale: 3, mode: "fanOut", distribution: "uniform" });
 * const weights = initializer.sample([300, 100], new RandomStream(0, "weight"));
 * assert(weights.every((weight) => Math.abs(weight) <= Math.sqrt(3 * 3 / 100)));
 * ```
 *
 * Source: Glorot, Bengio, AISTATS 2010, https://proceedings.mlr.press/v9/glorot10a.html; He, Zhang,
 * Ren, Sun, ICCV 2015, https://arxiv.org/abs/1502.01852
 */
export function varianceScaling(
  { scale = 1, mode = "fanIn", distribution = "truncatedNormal" }: VarianceScalingOptions = {},
): Initializer {
  if (!(scale > 0 && Number.isFinite(scale))) {
    throw new RangeError(`Cannot initialize: received scale ${scale}, expected a number above 0`);
  }
  const name = `varianceScaling(${scale} / ${mode}, ${distribution})`;
  return scaled(name, { scale, mode, distribution });
}

/** Variance scaling under a name of its own. */
export function scaled(
  name: string,
  { scale, mode, distribution }: {
    readonly scale: number;
    readonly mode: FanMode;
    readonly distribution: ScaledDistribution;
  },
): Initializer {
  return {
    name,
    sample(shape, random) {
      const { fanIn, fanOut } = fansOf(shape);
      const fan = { fanIn, fanOut, fanAverage: (fanIn + fanOut) / 2 }[mode];
      const std = Math.sqrt(scale / Math.max(1, fan));
      return drawn(name, (random) => drawOf(distribution, std, random)).sample(shape, random);
    },
  };
}

/** The name of a normal initializer, and its distribution. */
export function normalForm(
  name: string,
  { truncated = true }: NormalOptions,
): { readonly name: string; readonly distribution: ScaledDistribution } {
  return truncated
    ? { name, distribution: "truncatedNormal" }
    : { name: `${name}(untruncated)`, distribution: "normal" };
}

function drawOf(distribution: ScaledDistribution, std: number, random: RandomStream): Draw {
  switch (distribution) {
    case "uniform":
      // its variance is limit² / 3
      return uniformIn(-Math.sqrt(3) * std, Math.sqrt(3) * std, random);
    case "normal":
      return normalAt(0, std, random);
    case "truncatedNormal":
      return truncatedNormalAt(0, std / truncatedStandardDeviation, random);
  }
}

/**
 * Fans of a weight by its shape: `[in, out]` for a dense layer; more axes in front are a
 * convolution's window, which every input and output passes. A vector's fans are its length.
 */
export function fansOf(shape: Shape): Fans {
  if (shape.length < 2) {
    const size = sizeOf(shape);
    return { fanIn: size, fanOut: size };
  }
  const receptive = sizeOf(shape.slice(0, -2));
  return { fanIn: shape.at(-2)! * receptive, fanOut: shape.at(-1)! * receptive };
}

/**
 * Random initial weights whose variance is `scale / n`, where `n` counts the inputs of a unit
 * (`fanIn`), or its inputs and outputs (`fanAverage`), so that signals keep their size from layer
 * to layer. The named initializers of this folder are this with a scale, a mode and a distribution.
 *
 * @module
 */
import { type Initializer, type RandomStream, type Shape, sizeOf } from "../../core/mod.ts";

/** What a named initializer is made of. */
export interface VarianceScalingOptions {
  /** Name, for the record. */
  readonly name: string;
  /** The variance times the fan. */
  readonly scale: number;
  /** Which fan divides the scale. */
  readonly mode: "fanIn" | "fanAverage";
  /** Uniform around 0, or normal cut off at two standard deviations. */
  readonly distribution: "uniform" | "truncatedNormal";
}

/** Inputs and outputs of one unit. */
export interface Fans {
  readonly fanIn: number;
  readonly fanOut: number;
}

/** Standard deviation of a standard normal number cut off at ±2. */
const truncatedStandardDeviation = 0.87962566103423978;

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

/** Makes an initializer of variance `scale / fan`. */
export function varianceScaling(options: VarianceScalingOptions): Initializer {
  const { name, scale, mode, distribution } = options;
  return {
    name,
    sample(shape, random) {
      const { fanIn, fanOut } = fansOf(shape);
      const variance = scale / Math.max(1, mode === "fanIn" ? fanIn : (fanIn + fanOut) / 2);
      const draw = distribution === "uniform"
        ? uniformWithin(Math.sqrt(3 * variance), random)
        : truncatedNormal(Math.sqrt(variance) / truncatedStandardDeviation, random);
      const weights = new Float32Array(sizeOf(shape));
      // Float32Array.from would take twice as long
      for (let i = 0; i < weights.length; i++) weights[i] = draw();
      return weights;
    },
  };
}

/** Uniform in [-limit, limit): its variance is limit² / 3. */
function uniformWithin(limit: number, random: RandomStream): () => number {
  return () => limit * (2 * random.uniform() - 1);
}

/** Normal numbers of this standard deviation; those beyond two of it are drawn again. */
function truncatedNormal(std: number, random: RandomStream): () => number {
  return () => {
    for (;;) {
      const normal = random.normal();
      if (Math.abs(normal) <= 2) return std * normal;
    }
  };
}

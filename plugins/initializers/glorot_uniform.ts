/**
 * Glorot's uniform initializer.
 *
 * @module
 */
import type { Initializer } from "../../core/mod.ts";
import { scaled } from "./variance_scaling.ts";

/**
 * Uniform in `±√(6 / (in + out))`: keeps the variance of signals and of gradients through linear
 * and tanh layers.
 *
 * Differs: the same as Keras; PyTorch's `xavier_uniform_` counts fans of weights `[out, in]`.
 *
 * Counterparts: Keras `GlorotUniform`; PyTorch `init.xavier_uniform_`; TensorFlow.js
 * `initializers.glorotUniform`
 *
 * @returns An initializer for weights `[in, out]`, and for kernels `[height, width, in, out]`, where every
 * cell of the window counts as an input and an output.
 *
 * @example
 * ```ts
 * import { glorotUniform, RandomStream } from "@millrace/millrace";
 * import { assert } from "@std/assert";
 *
 * const weights = glorotUniform().sample([300, 100], new RandomStream(0, "weight"));
 * assert(weights.every((weight) => Math.abs(weight) <= Math.sqrt(6 / 400)));
 * ```
 *
 * Source: Glorot, Bengio, "Understanding the difficulty of training deep feedforward neural
 * networks", AISTATS 2010, https://proceedings.mlr.press/v9/glorot10a.html
 */
export function glorotUniform(): Initializer {
  return scaled("glorotUniform", { scale: 1, mode: "fanAverage", distribution: "uniform" });
}

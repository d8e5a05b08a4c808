/**
 * He's uniform initializer.
 *
 * @module
 */
import type { Initializer } from "../../core/mod.ts";
import { scaled } from "./variance_scaling.ts";

/**
 * Uniform in `±√(6 / in)`: keeps the variance of signals through relu layers, which halve it.
 *
 * Differs: the same as Keras; PyTorch's `kaiming_uniform_` counts fans of weights `[out, in]`.
 *
 * Counterparts: Keras `HeUniform`; PyTorch `init.kaiming_uniform_`; TensorFlow.js
 * `initializers.heUniform`
 *
 * @returns An initializer for weights `[in, out]`, and for kernels `[height, width, in, out]`, where every
 * cell of the window counts as an input and an output.
 *
 * @example
 * ```ts
 * import { heUniform, RandomStream } from "@millrace/millrace";
 * import { assert } from "@std/assert";
 *
 * const weights = heUniform().sample([300, 100], new RandomStream(0, "weight"));
 * assert(weights.every((weight) => Math.abs(weight) <= Math.sqrt(6 / 300)));
 * ```
 *
 * Source: He, Zhang, Ren, Sun, "Delving deep into rectifiers", ICCV 2015,
 * https://arxiv.org/abs/1502.01852
 */
export function heUniform(): Initializer {
  return scaled("heUniform", { scale: 2, mode: "fanIn", distribution: "uniform" });
}

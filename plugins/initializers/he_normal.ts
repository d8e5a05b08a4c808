/**
 * He's normal initializer.
 *
 * @module
 */
import type { Initializer } from "../../core/mod.ts";
import { normalForm, type NormalOptions, scaled } from "./variance_scaling.ts";

/**
 * Normal of standard deviation `√(2 / in)`, cut off at two standard deviations and widened by 1 /
 * 0.8796 so that the deviation is right after the cut.
 *
 * Differs: the same as Keras; PyTorch's `kaiming_normal_` does not cut off, and counts fans of
 * weights `[out, in]`.
 *
 * Counterparts: Keras `HeNormal`; PyTorch `init.kaiming_normal_`; TensorFlow.js
 * `initializers.heNormal`
 *
 * @param options.truncated Whether it is cut off; default `true`. Not so, as PyTorch has it, it is normal
 * of the same standard deviation.
 * @returns An initializer for weights `[in, out]`, and for kernels `[height, width, in, out]`, where every
 * cell of the window counts as an input and an output.
 *
 * @example
 * ```ts
 * import { heNormal, RandomStream } from "@millrace/millrace";
 * import { assert } from "@std/assert";
 *
 * const weights = heNormal().sample([300, 100], new RandomStream(0, "weight"));
 * assert(weights.every((weight) => Math.abs(weight) <= 2 * Math.sqrt(2 / 300) / 0.8796));
 * ```
 *
 * Source: He, Zhang, Ren, Sun, "Delving deep into rectifiers", ICCV 2015,
 * https://arxiv.org/abs/1502.01852
 */
export function heNormal(options: NormalOptions = {}): Initializer {
  const { name, distribution } = normalForm("heNormal", options);
  return scaled(name, { scale: 2, mode: "fanIn", distribution });
}

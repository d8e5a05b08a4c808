/**
 * Glorot's normal initializer.
 *
 * @module
 */
import type { Initializer } from "../../core/mod.ts";
import { normalForm, type NormalOptions, scaled } from "./variance_scaling.ts";

/**
 * Normal of standard deviation `√(2 / (in + out))`, cut off at two standard deviations and widened
 * by 1 / 0.8796 so that the deviation is right after the cut.
 *
 * Differs: the same as Keras; PyTorch's `xavier_normal_` does not cut off, and counts fans of
 * weights `[out, in]`.
 *
 * Counterparts: Keras `GlorotNormal`; PyTorch `init.xavier_normal_`; TensorFlow.js
 * `initializers.glorotNormal`
 *
 * @param options.truncated Whether it is cut off; default `true`. Not so, as PyTorch has it, it is normal
 * of the same standard deviation.
 * @returns An initializer for weights `[in, out]`, and for kernels `[height, width, in, out]`, where every
 * cell of the window counts as an input and an output.
 *
 * @example
 * ```ts
 * import { glorotNormal, RandomStream } from "@millrace/millrace";
 * import { assert } from "@std/assert";
 *
 * const weights = glorotNormal().sample([300, 100], new RandomStream(0, "weight"));
 * assert(weights.every((weight) => Math.abs(weight) <= 2 * Math.sqrt(2 / 400) / 0.8796));
 * ```
 *
 * Source: Glorot, Bengio, "Understanding the difficulty of training deep feedforward neural
 * networks", AISTATS 2010, https://proceedings.mlr.press/v9/glorot10a.html
 */
export function glorotNormal(options: NormalOptions = {}): Initializer {
  const { name, distribution } = normalForm("glorotNormal", options);
  return scaled(name, { scale: 1, mode: "fanAverage", distribution });
}

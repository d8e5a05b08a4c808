/**
 * LeCun's uniform initializer.
 *
 * @module
 */
import type { Initializer } from "../../core/mod.ts";
import { scaled } from "./variance_scaling.ts";

/**
 * Uniform in `±√(3 / in)`: keeps the variance of signals through linear layers.
 *
 * Differs: the same as Keras; PyTorch has none of this name.
 *
 * Counterparts: Keras `LecunUniform`; PyTorch none; TensorFlow.js `initializers.leCunUniform`
 *
 * @returns An initializer for weights `[in, out]`, and for kernels `[height, width, in, out]`, where every
 * cell of the window counts as an input and an output.
 *
 * @example
 * ```ts
 * import { leCunUniform, RandomStream } from "@millrace/millrace";
 * import { assert } from "@std/assert";
 *
 * const weights = leCunUniform().sample([300, 100], new RandomStream(0, "weight"));
 * assert(weights.every((weight) => Math.abs(weight) <= Math.sqrt(3 / 300)));
 * ```
 *
 * Source: LeCun, Bottou, Orr, Müller, "Efficient BackProp", 1998,
 * https://doi.org/10.1007/3-540-49430-8_2
 */
export function leCunUniform(): Initializer {
  return scaled("leCunUniform", { scale: 1, mode: "fanIn", distribution: "uniform" });
}

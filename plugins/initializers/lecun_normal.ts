/**
 * LeCun's normal initializer.
 *
 * @module
 */
import type { Initializer } from "../../core/mod.ts";
import { normalForm, type NormalOptions, scaled } from "./variance_scaling.ts";

/**
 * Normal of standard deviation `√(1 / in)`, cut off at two standard deviations and widened by 1 /
 * 0.8796 so that the deviation is right after the cut.
 *
 * Differs: the same as Keras; PyTorch has none of this name.
 *
 * Counterparts: Keras `LecunNormal`; PyTorch none; TensorFlow.js `initializers.leCunNormal`
 *
 * @param options.truncated Whether it is cut off; default `true`. Not so, as PyTorch has it, it is normal
 * of the same standard deviation.
 * @returns An initializer for weights `[in, out]`, and for kernels `[height, width, in, out]`, where every
 * cell of the window counts as an input and an output.
 *
 * @example
 * ```ts
 * import { leCunNormal, RandomStream } from "@millrace/millrace";
 * import { assert } from "@std/assert";
 *
 * const weights = leCunNormal().sample([300, 100], new RandomStream(0, "weight"));
 * assert(weights.every((weight) => Math.abs(weight) <= 2 * Math.sqrt(1 / 300) / 0.8796));
 * ```
 *
 * Source: LeCun, Bottou, Orr, Müller, "Efficient BackProp", 1998,
 * https://doi.org/10.1007/3-540-49430-8_2
 */
export function leCunNormal(options: NormalOptions = {}): Initializer {
  const { name, distribution } = normalForm("leCunNormal", options);
  return scaled(name, { scale: 1, mode: "fanIn", distribution });
}

/**
 * Weight decay as a part of its own.
 *
 * @module
 */
import { z } from "zod";
import {
  defineGradientTransform,
  type GradientTransformCall,
  lazySchema,
  ops,
  type Schema,
} from "../../core/mod.ts";
import {
  requireExcluded,
  type WeightDecayConfig,
  weightDecayFields,
  weightDecayOf,
  type WeightDecayOptions,
} from "./weight_decay.ts";

const config: Schema<WeightDecayOptions, WeightDecayConfig> = lazySchema(() =>
  z.strictObject(
    weightDecayFields(0.01),
  )
);

const stage = defineGradientTransform({
  name: "addDecayedWeights",
  config,
  formula: "gradient = gradient + weightDecay · param",
  init: () => ({}),
  verify: (paths, config) => requireExcluded(paths, config),
  update({ param, grad, path }, config) {
    const share = weightDecayOf({ param, path }, config);
    return { grad: share === 0 ? grad : ops.add(grad, ops.mul(param, share)), state: {} };
  },
});

/**
 * `gradient = gradient + weightDecay · param`.
 *
 * Before an optimizer it is the gradient of `weightDecay / 2 · ‖param‖²`, an L2 penalty, which an
 * optimizer such as Adam scales as the rest of the gradient: what PyTorch's `weight_decay` of `SGD`,
 * `Adam` and `RMSprop` is. Between {@linkcode scaleByAdam} and {@linkcode sgd} it is decoupled, as in
 * {@linkcode adamw}.
 *
 * Counterparts: Keras `Optimizer(weight_decay=…)`; PyTorch `weight_decay of an optimizer`;
 * TensorFlow.js none
 *
 * @param weightDecay Share of each parameter that is added, from 0 on.
 * @param options.excludeFromDecay Parameters that do not decay, by path or by the start or end of one.
 * @param options.leastDecayRank Axes that a parameter has at least to decay.
 * @returns A stage from gradients to gradients.
 * @throws {RangeError} When a name in `excludeFromDecay` means no parameter, as the pipeline is checked.
 *
 * @example
 * ```ts
 * import { addDecayedWeights, stageOf } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * // optimizer = sgd()(addDecayedWeights(1e-4, { leastDecayRank: 2 })(backward()(loss)))
 * const part = addDecayedWeights(1e-4, { leastDecayRank: 2 });
 * assertEquals(stageOf(part)?.options, { weightDecay: 1e-4, leastDecayRank: 2 });
 * ```
 */
export function addDecayedWeights(
  weightDecay: number,
  options: Omit<WeightDecayOptions, "weightDecay"> = {},
): GradientTransformCall {
  return stage({ ...options, weightDecay });
}

/**
 * Adam with decoupled weight decay.
 *
 * @module
 */
import { z } from "zod";
import {
  defineOptimizer,
  lazySchema,
  ops,
  type OptimizerCall,
  type Schema,
} from "../../core/mod.ts";
import { learningRateField } from "../fields.ts";
import type { AdamOptions } from "./adam.ts";
import { adamMove, amsgradField, initAdam, momentFields } from "./moments.ts";
import {
  decayed,
  requireExcluded,
  type WeightDecayConfig,
  weightDecayFields,
  type WeightDecayOptions,
} from "./weight_decay.ts";

/** Options of {@linkcode adamw}; `weightDecay` is 0.01 by default. */
export interface AdamwOptions extends AdamOptions, WeightDecayOptions {}

const config: Schema<
  AdamwOptions,
  & WeightDecayConfig
  & { readonly [field in keyof AdamOptions]-?: Exclude<AdamOptions[field], undefined> }
> = lazySchema(() =>
  z.strictObject({
    learningRate: learningRateField(0.001),
    ...momentFields(),
    amsgrad: amsgradField(),
    ...weightDecayFields(0.01),
  })
);

const stage = defineOptimizer({
  name: "adamw",
  config,
  formula: "param = param · (1 - learningRate · weightDecay) - learningRate · m̂ / (√v̂ + epsilon)",
  init: (config) => initAdam(config),
  verify: (paths, config) => requireExcluded(paths, config),
  update(inputs, config) {
    const { move, state } = adamMove({ ...inputs, scale: inputs.learningRate }, config);
    return { param: ops.sub(decayed(inputs, config), move), state };
  },
});

/**
 * `param = param · (1 - learningRate · weightDecay) - learningRate · m̂ / (√v̂ + epsilon)`: {@linkcode adam}
 * with weights that decay apart from the gradient.
 *
 * Biases and gains are best left out of it: `leastDecayRank: 2`, or by name,
 * `excludeFromDecay: ["bias"]`.
 *
 * Differs: the same as PyTorch's `AdamW`, but for the default epsilon of 1e-7; Keras's default decay
 * is 0.004.
 *
 * Counterparts: Keras `AdamW`; PyTorch `optim.AdamW`; TensorFlow.js none
 *
 * @returns An optimizer; its state is `m` and `v`, and `vMax` with `amsgrad`.
 * @throws {RangeError} When a name in `excludeFromDecay` means no parameter, as the pipeline is checked.
 *
 * @example
 * ```ts
 * import { adamw, stageOf } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const optimizer = adamw({ learningRate: 1e-3, weightDecay: 0.05, leastDecayRank: 2 });
 * assertEquals(stageOf(optimizer)?.definition.name, "adamw");
 * ```
 *
 * Source: Loshchilov, Hutter, "Decoupled weight decay regularization", ICLR 2019,
 * https://arxiv.org/abs/1711.05101
 */
export function adamw(options: AdamwOptions = {}): OptimizerCall {
  return stage(options);
}

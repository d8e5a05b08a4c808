/**
 * Lion.
 *
 * @module
 */
import { z } from "zod";
import {
  defineOptimizer,
  lazySchema,
  ops,
  type OptimizerCall,
  type Schedule,
  type Schema,
} from "../../core/mod.ts";
import { learningRateField } from "../fields.ts";
import { decayField } from "./fields.ts";
import {
  decayed,
  requireExcluded,
  type WeightDecayConfig,
  weightDecayFields,
  type WeightDecayOptions,
} from "./weight_decay.ts";

/** Options of {@linkcode lion}; `weightDecay` is 0 by default. */
export interface LionOptions extends WeightDecayOptions {
  /** Size of a step. Default 0.0001. */
  readonly learningRate?: number | Schedule | undefined;
  /** Share of the mean in the direction of a step, from 0 to less than 1. Default 0.9. */
  readonly beta1?: number | undefined;
  /** Decay of the mean of gradients, from 0 to less than 1. Default 0.99. */
  readonly beta2?: number | undefined;
}

interface LionConfig extends WeightDecayConfig {
  readonly learningRate: number | Schedule;
  readonly beta1: number;
  readonly beta2: number;
}

const config: Schema<LionOptions, LionConfig> = lazySchema(() =>
  z.strictObject({
    learningRate: learningRateField(0.0001),
    beta1: decayField(0.9, "Share of the mean in the direction of a step"),
    beta2: decayField(0.99, "Decay of the mean of gradients"),
    ...weightDecayFields(0),
  })
);

const stage = defineOptimizer({
  name: "lion",
  config,
  formula:
    "param = param · (1 - learningRate · weightDecay) - learningRate · sign(beta1 · m + (1 - beta1) · grad)",
  init: () => ({ m: 0 }),
  verify: (paths, config) => requireExcluded(paths, config),
  update(inputs, config) {
    const { grad, state, learningRate } = inputs;
    // both means are m and a share of this, which makes them one kernel
    const change = ops.sub(grad, state.m);
    const meanWith = (decay: number) => ops.add(state.m, ops.mul(change, 1 - decay));
    const direction = ops.sign(meanWith(config.beta1));
    return {
      param: ops.sub(decayed(inputs, config), ops.mul(direction, learningRate)),
      state: { m: meanWith(config.beta2) },
    };
  },
});

/**
 * `param = param · (1 - learningRate · weightDecay) - learningRate · sign(β₁·m + (1 - β₁)·grad)`, then
 * `m = β₂·m + (1 - β₂)·grad`: every element moves by the learning rate. It wants a rate 3 to 10 times
 * smaller than {@linkcode adamw}'s, and a decay as much larger.
 *
 * Differs: the paper's Algorithm 2, with its decay. PyTorch has no Lion; Keras's default rate is 0.001.
 *
 * Counterparts: Keras `Lion`; PyTorch none; TensorFlow.js none
 *
 * @returns An optimizer; its state is `m`: half of Adam's.
 * @throws {RangeError} When a name in `excludeFromDecay` means no parameter, as the pipeline is checked.
 *
 * @example
 * ```ts
 * import { lion, stageOf } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(stageOf(lion({ weightDecay: 0.1 }))?.definition.name, "lion");
 * ```
 *
 * Source: Chen et al., "Symbolic discovery of optimization algorithms", NeurIPS 2023,
 * https://arxiv.org/abs/2302.06675
 */
export function lion(options: LionOptions = {}): OptimizerCall {
  return stage(options);
}

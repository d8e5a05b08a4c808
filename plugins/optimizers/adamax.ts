/**
 * Adam by the greatest gradient.
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
import {
  correction,
  meanOver,
  type MomentConfig,
  momentFields,
  type MomentOptions,
} from "./moments.ts";

/** Options of {@linkcode adamax}; `beta2` is the decay of the greatest gradient. */
export interface AdamaxOptions extends MomentOptions {
  /** Size of a step. Default 0.001. */
  readonly learningRate?: number | Schedule | undefined;
}

interface AdamaxConfig extends MomentConfig {
  readonly learningRate: number | Schedule;
}

const config: Schema<AdamaxOptions, AdamaxConfig> = lazySchema(() =>
  z.strictObject({
    learningRate: learningRateField(0.001),
    ...momentFields(),
  })
);

const stage = defineOptimizer({
  name: "adamax",
  config,
  formula: "param = param - learningRate · m̂ / u; u = max(beta2 · u, |grad| + epsilon)",
  init: () => ({ m: 0, u: 0 }),
  update({ param, grad, state, step, learningRate }, { beta1, beta2, epsilon }) {
    const m = meanOver(state.m, grad, beta1);
    const u = ops.maximum(ops.mul(state.u, beta2), ops.add(ops.abs(grad), epsilon));
    const rate = ops.div(learningRate, correction(beta1, step));
    return { param: ops.sub(param, ops.div(ops.mul(m, rate), u)), state: { m, u } };
  },
});

/**
 * `m = β₁·m + (1 - β₁)·grad`, `u = max(β₂·u, |grad| + epsilon)`,
 * `param = param - learningRate · m̂ / u` with `m̂ = m / (1 - β₁ᵗ)`: {@linkcode adam} with the greatest
 * gradient of late in place of the root of the mean of squares.
 *
 * Differs: the same as PyTorch's `Adamax`, but for the defaults (PyTorch's learning rate is 0.002, its
 * epsilon 1e-8); Keras adds epsilon to `u` when it divides.
 *
 * Counterparts: Keras `Adamax`; PyTorch `optim.Adamax`; TensorFlow.js `train.adamax`
 *
 * @returns An optimizer; its state is `m` and `u`.
 *
 * @example
 * ```ts
 * import { adamax, stageOf } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(stageOf(adamax({ learningRate: 2e-3 }))?.definition.name, "adamax");
 * ```
 *
 * Source: Kingma, Ba, "Adam: a method for stochastic optimization", ICLR 2015, section 7.1,
 * https://arxiv.org/abs/1412.6980
 */
export function adamax(options: AdamaxOptions = {}): OptimizerCall {
  return stage(options);
}

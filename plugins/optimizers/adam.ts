/**
 * Adam.
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
  adamMove,
  amsgradField,
  initAdam,
  type MomentConfig,
  momentFields,
  type MomentOptions,
} from "./moments.ts";

/** Options of {@linkcode adam}. */
export interface AdamOptions extends MomentOptions {
  /** Size of a step. Default 0.001. */
  readonly learningRate?: number | Schedule | undefined;
  /** Whether the greatest `v` so far is divided by, not the last. Default `false`. */
  readonly amsgrad?: boolean | undefined;
}

interface AdamConfig extends MomentConfig {
  readonly learningRate: number | Schedule;
  readonly amsgrad: boolean;
}

const config: Schema<AdamOptions, AdamConfig> = lazySchema(() =>
  z.strictObject({
    learningRate: learningRateField(0.001),
    ...momentFields(),
    amsgrad: amsgradField(),
  })
);

const stage = defineOptimizer({
  name: "adam",
  config,
  formula: "param = param - learningRate · m̂ / (√v̂ + epsilon)",
  init: (config) => initAdam(config),
  update({ param, learningRate, ...inputs }, config) {
    const { move, state } = adamMove({ ...inputs, scale: learningRate }, config);
    return { param: ops.sub(param, move), state };
  },
});

/**
 * `m = β₁·m + (1 - β₁)·grad`, `v = β₂·v + (1 - β₂)·grad²`,
 * `param = param - learningRate · m̂ / (√v̂ + epsilon)` with `m̂ = m / (1 - β₁ᵗ)` and
 * `v̂ = v / (1 - β₂ᵗ)` at step `t`; with `amsgrad`, the greatest `v` so far stands in place of `v`.
 *
 * Numerics: epsilon is outside the root, and added after the correction of `v`.
 *
 * Differs: the place of epsilon is that of the paper's Algorithm 1 and of PyTorch, whose default is
 * 1e-8. The default 1e-7 is that of Keras, which adds it before the correction ("epsilon hat").
 * PyTorch's `weight_decay` of Adam, an L2 penalty, is {@linkcode addDecayedWeights} before it; decay
 * apart from the gradient has {@linkcode adamw}.
 *
 * Counterparts: Keras `Adam`; PyTorch `optim.Adam`; TensorFlow.js `train.adam`
 *
 * @returns An optimizer; its state is `m` and `v`, and `vMax` with `amsgrad`.
 *
 * @example
 * ```ts
 * import { adam, stageOf } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(stageOf(adam({ learningRate: 1e-3 }))?.definition.name, "adam");
 * ```
 *
 * Source: Kingma, Ba, "Adam: a method for stochastic optimization", ICLR 2015,
 * https://arxiv.org/abs/1412.6980; amsgrad: Reddi, Kale, Kumar, "On the convergence of Adam and
 * beyond", ICLR 2018, https://arxiv.org/abs/1904.09237
 */
export function adam(options: AdamOptions = {}): OptimizerCall {
  return stage(options);
}

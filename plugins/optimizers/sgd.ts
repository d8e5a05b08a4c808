/**
 * Stochastic gradient descent, with momentum and Nesterov's variant of it.
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
import { learningRateField, scheduledField } from "../fields.ts";
import {
  decayed,
  requireExcluded,
  type WeightDecayConfig,
  weightDecayFields,
  type WeightDecayOptions,
} from "./weight_decay.ts";

/** Options of {@linkcode sgd}; `weightDecay` is 0 by default. */
export interface SgdOptions extends WeightDecayOptions {
  /** Size of a step along the gradient. Default 0.01. */
  readonly learningRate?: number | Schedule | undefined;
  /** Share of the last step's velocity that is kept, from 0 to less than 1. Default 0. */
  readonly momentum?: number | Schedule | undefined;
  /** Share of the gradient that does not enter the velocity, from 0 to less than 1. Default 0. */
  readonly dampening?: number | undefined;
  /** Whether the step looks ahead along the velocity. Default `false`. */
  readonly nesterov?: boolean | undefined;
}

interface SgdConfig extends WeightDecayConfig {
  readonly learningRate: number | Schedule;
  readonly momentum: number | Schedule;
  readonly dampening: number;
  readonly nesterov: boolean;
}

const config: Schema<SgdOptions, SgdConfig> = lazySchema(() =>
  z.strictObject({
    learningRate: learningRateField(0.01),
    momentum: scheduledField(
      z.number().min(0).lt(1),
      "expected a number from 0 to less than 1, or a schedule",
    ).default(0).describe("Share of the last step's velocity that is kept, or a schedule of it"),
    dampening: z.number().min(0).lt(1).default(0).describe(
      "Share of the gradient that does not enter the velocity",
    ),
    nesterov: z.boolean().default(false).describe(
      "Whether the step looks ahead along the velocity",
    ),
    ...weightDecayFields(0),
  }).refine(({ momentum, nesterov }) => !nesterov || momentum !== 0, {
    path: ["nesterov"],
    error: "Nesterov's step needs a momentum above 0",
  }).refine(({ nesterov, dampening }) => !nesterov || dampening === 0, {
    path: ["dampening"],
    error: "Nesterov's step allows no dampening",
  })
);

const stage = defineOptimizer({
  name: "sgd",
  config,
  formula: "v = momentum · v - learningRate · grad; param = param + v",
  init: ({ momentum }) => ({ velocity: momentum === 0 ? undefined : 0 }),
  verify: (paths, config) => requireExcluded(paths, config),
  update(inputs, config) {
    const { grad, state, step, learningRate, at } = inputs;
    const param = decayed(inputs, config);
    const descent = ops.mul(learningRate, grad);
    if (state.velocity === undefined) {
      return { param: ops.sub(param, descent), state: { velocity: undefined } };
    }
    const { dampening, nesterov } = config;
    const momentum = typeof config.momentum === "number" ? config.momentum : at("momentum");
    const entering = dampening === 0
      ? descent
      : ops.mul(descent, ops.sub(1, ops.mul(ops.notEqual(step, 1), dampening)));
    const velocity = ops.sub(ops.mul(state.velocity, momentum), entering);
    const move = nesterov ? ops.sub(ops.mul(velocity, momentum), descent) : velocity;
    return { param: ops.add(param, move), state: { velocity } };
  },
});

/**
 * `v = momentum · v - learningRate · grad`, `param = param + v`; with `nesterov`,
 * `param = param + momentum · v - learningRate · grad`. Without momentum: `param = param -
 * learningRate · grad`. With `weightDecay`, `param · (1 - learningRate · weightDecay)` stands in place
 * of `param`; with `dampening`, `(1 - dampening) · grad` enters `v` after the first step.
 *
 * Differs: the same as Keras. PyTorch keeps the velocity without the learning rate and multiplies it
 * at the end; the steps are equal as long as the learning rate does not change. PyTorch's
 * `weight_decay` is {@linkcode addDecayedWeights} before it, which with momentum is something else.
 *
 * Counterparts: Keras `SGD`; PyTorch `optim.SGD`; TensorFlow.js `train.sgd, train.momentum`
 *
 * @returns An optimizer; its state is `velocity`, when there is momentum.
 * @throws {RangeError} When a name in `excludeFromDecay` means no parameter, as the pipeline is checked.
 *
 * @example
 * ```ts
 * import { sgd, stageOf } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const optimizer = sgd({ learningRate: 0.01, momentum: 0.9, nesterov: true });
 * assertEquals(stageOf(optimizer)?.definition.name, "sgd");
 * ```
 *
 * Source: Sutskever, Martens, Dahl, Hinton, "On the importance of initialization and momentum in
 * deep learning", ICML 2013, https://proceedings.mlr.press/v28/sutskever13.html
 */
export function sgd(options: SgdOptions = {}): OptimizerCall {
  return stage(options);
}

/**
 * Stochastic gradient descent, with momentum and Nesterov's variant of it.
 *
 * @module
 */
import { z } from "zod";
import {
  defineOptimizer,
  ops,
  type OptimizerCall,
  type Schedule,
  type Schema,
} from "../../core/mod.ts";
import { learningRateField } from "../fields.ts";

/** Options of {@linkcode sgd}. */
export interface SgdOptions {
  /** Size of a step along the gradient. Default 0.01. */
  readonly learningRate?: number | Schedule | undefined;
  /** Share of the last step's velocity that is kept, from 0 to less than 1. Default 0. */
  readonly momentum?: number | undefined;
  /** Whether the step looks ahead along the velocity. Default `false`. */
  readonly nesterov?: boolean | undefined;
}

interface SgdConfig {
  readonly learningRate: number | Schedule;
  readonly momentum: number;
  readonly nesterov: boolean;
}

const config: Schema<SgdOptions, SgdConfig> = z.strictObject({
  learningRate: learningRateField(0.01),
  momentum: z.number().min(0).lt(1).default(0).describe(
    "Share of the last step's velocity that is kept",
  ),
  nesterov: z.boolean().default(false).describe("Whether the step looks ahead along the velocity"),
}).refine(({ momentum, nesterov }) => !nesterov || momentum > 0, {
  path: ["nesterov"],
  error: "Nesterov's step needs a momentum above 0",
});

const stage = defineOptimizer({
  name: "sgd",
  config,
  formula: "v = momentum · v - learningRate · grad; param = param + v",
  init: ({ momentum }) => ({ velocity: momentum === 0 ? undefined : 0 }),
  update({ param, grad, state, learningRate }, { momentum, nesterov }) {
    const descent = ops.mul(learningRate, grad);
    if (state.velocity === undefined) {
      return { param: ops.sub(param, descent), state: { velocity: undefined } };
    }
    const velocity = ops.sub(ops.mul(state.velocity, momentum), descent);
    const move = nesterov ? ops.sub(ops.mul(velocity, momentum), descent) : velocity;
    return { param: ops.add(param, move), state: { velocity } };
  },
});

/**
 * `v = momentum · v - learningRate · grad`, `param = param + v`; with `nesterov`,
 * `param = param + momentum · v - learningRate · grad`. Without momentum: `param = param -
 * learningRate · grad`.
 *
 * Differs: the same as Keras. PyTorch (dampening 0) keeps the velocity without the learning rate
 * and multiplies it at the end; the steps are equal as long as the learning rate does not change.
 *
 * @returns An optimizer; its state is `velocity`, when there is momentum.
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

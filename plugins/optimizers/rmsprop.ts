/**
 * RMSprop.
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
import { decayField, epsilonField } from "./fields.ts";
import { meanOver } from "./moments.ts";

/** Options of {@linkcode rmsprop}. */
export interface RmspropOptions {
  /** Size of a step. Default 0.001. */
  readonly learningRate?: number | Schedule | undefined;
  /** Decay of the mean of squared gradients, from 0 to less than 1. Default 0.9. */
  readonly rho?: number | undefined;
  /** Share of the last step's velocity that is kept, from 0 to less than 1. Default 0. */
  readonly momentum?: number | undefined;
  /** Added to the root, above 0. Default 1e-7. */
  readonly epsilon?: number | undefined;
  /** Whether the variance of gradients is divided by, not the mean of their squares. Default `false`. */
  readonly centered?: boolean | undefined;
}

interface RmspropConfig {
  readonly learningRate: number | Schedule;
  readonly rho: number;
  readonly momentum: number;
  readonly epsilon: number;
  readonly centered: boolean;
}

const config: Schema<RmspropOptions, RmspropConfig> = lazySchema(() =>
  z.strictObject({
    learningRate: learningRateField(0.001),
    rho: decayField(0.9, "Decay of the mean of squared gradients"),
    momentum: decayField(0, "Share of the last step's velocity that is kept"),
    epsilon: epsilonField(1e-7),
    centered: z.boolean().default(false).describe(
      "Whether the variance of gradients is divided by, not the mean of their squares",
    ),
  })
);

const stage = defineOptimizer({
  name: "rmsprop",
  config,
  formula: "v = rho · v + (1 - rho) · grad²; param = param - learningRate · grad / (√v + epsilon)",
  init: ({ momentum, centered }) => ({
    v: 0,
    mean: centered ? 0 : undefined,
    velocity: momentum === 0 ? undefined : 0,
  }),
  update({ param, grad, state, learningRate }, { rho, momentum, epsilon }) {
    const v = meanOver(state.v, ops.square(grad), rho);
    const mean = state.mean === undefined ? undefined : meanOver(state.mean, grad, rho);
    // rounding may make a variance of 0 negative
    const spread = mean === undefined ? v : ops.maximum(ops.sub(v, ops.square(mean)), 0);
    const scaled = ops.div(
      ops.mul(grad, learningRate),
      ops.add(ops.sqrt(spread), epsilon),
    );
    const velocity = state.velocity === undefined
      ? undefined
      : ops.add(ops.mul(state.velocity, momentum), scaled);
    return { param: ops.sub(param, velocity ?? scaled), state: { v, mean, velocity } };
  },
});

/**
 * `v = rho·v + (1 - rho)·grad²`, `param = param - learningRate · grad / (√v + epsilon)`. With
 * `centered`, `v - mean²` stands below the root, with `mean = rho·mean + (1 - rho)·grad`; with
 * `momentum`, `velocity = momentum·velocity + learningRate · grad / (…)` is subtracted.
 *
 * Differs: the same as PyTorch's `RMSprop`, whose `rho` (alpha) is 0.99 and whose epsilon is 1e-8 by
 * default, and which multiplies the velocity with the learning rate in the end: the steps are equal as
 * long as that does not change. Keras adds epsilon below the root.
 *
 * Counterparts: Keras `RMSprop`; PyTorch `optim.RMSprop`; TensorFlow.js `train.rmsprop`
 *
 * @returns An optimizer; its state is `v`, `mean` when centered, `velocity` when there is momentum.
 *
 * @example
 * ```ts
 * import { rmsprop, stageOf } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(stageOf(rmsprop({ rho: 0.99 }))?.definition.name, "rmsprop");
 * ```
 *
 * Source: Tieleman, Hinton, "Lecture 6.5: rmsprop", 2012; centered: Graves, "Generating sequences with
 * recurrent neural networks", 2013, https://arxiv.org/abs/1308.0850
 */
export function rmsprop(options: RmspropOptions = {}): OptimizerCall {
  return stage(options);
}

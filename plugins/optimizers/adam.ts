/**
 * Adam.
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
  type Value,
} from "../../core/mod.ts";
import { learningRateField } from "../fields.ts";

/** Options of {@linkcode adam}. */
export interface AdamOptions {
  /** Size of a step. Default 0.001. */
  readonly learningRate?: number | Schedule | undefined;
  /** Decay of the mean of gradients, from 0 to less than 1. Default 0.9. */
  readonly beta1?: number | undefined;
  /** Decay of the mean of squared gradients, from 0 to less than 1. Default 0.999. */
  readonly beta2?: number | undefined;
  /** Added to the root, above 0. Default 1e-7. */
  readonly epsilon?: number | undefined;
}

interface AdamConfig {
  readonly learningRate: number | Schedule;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
}

const config: Schema<AdamOptions, AdamConfig> = z.strictObject({
  learningRate: learningRateField(0.001),
  beta1: z.number().min(0).lt(1).default(0.9).describe("Decay of the mean of gradients"),
  beta2: z.number().min(0).lt(1).default(0.999).describe("Decay of the mean of squared gradients"),
  epsilon: z.number().positive().default(1e-7).describe("Added to the root"),
});

const stage = defineOptimizer({
  name: "adam",
  config,
  formula: "param = param - learningRate · m̂ / (√v̂ + epsilon)",
  init: () => ({ m: 0, v: 0 }),
  update({ param, grad, state, step, learningRate }, { beta1, beta2, epsilon }) {
    const m = ops.add(ops.mul(state.m, beta1), ops.mul(grad, 1 - beta1));
    const v = ops.add(ops.mul(state.v, beta2), ops.mul(ops.square(grad), 1 - beta2));
    // Scalars, one of each a step: the rest is one expression of param, grad, m and v.
    const rate = ops.div(learningRate, correction(beta1, step));
    const rootScale = ops.div(1, ops.sqrt(correction(beta2, step)));
    const root = ops.add(ops.mul(ops.sqrt(v), rootScale), epsilon);
    return { param: ops.sub(param, ops.div(ops.mul(m, rate), root)), state: { m, v } };
  },
});

/** `1 - betaᵗ`: what a mean that began with 0 lacks after `t` steps. */
function correction(beta: number, step: Value): Value {
  return ops.sub(1, ops.pow(ops.constantLike(step, beta), step));
}

/**
 * `m = β₁·m + (1 - β₁)·grad`, `v = β₂·v + (1 - β₂)·grad²`,
 * `param = param - learningRate · m̂ / (√v̂ + epsilon)` with `m̂ = m / (1 - β₁ᵗ)` and
 * `v̂ = v / (1 - β₂ᵗ)` at step `t`.
 *
 * Numerics: epsilon is outside the root, and added after the correction of `v`.
 *
 * Differs: the place of epsilon is that of the paper's Algorithm 1 and of PyTorch, whose default is
 * 1e-8. The default 1e-7 is that of Keras, which adds it before the correction ("epsilon hat").
 *
 * @returns An optimizer; its state is `m` and `v`.
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
 * https://arxiv.org/abs/1412.6980
 */
export function adam(options: AdamOptions = {}): OptimizerCall {
  return stage(options);
}

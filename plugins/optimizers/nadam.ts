/**
 * Adam with Nesterov's momentum.
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
  type Value,
} from "../../core/mod.ts";
import { learningRateField } from "../fields.ts";
import {
  correction,
  meanOver,
  type MomentConfig,
  momentFields,
  type MomentOptions,
} from "./moments.ts";

/** Options of {@linkcode nadam}. */
export interface NadamOptions extends MomentOptions {
  /** Size of a step. Default 0.001. */
  readonly learningRate?: number | Schedule | undefined;
  /** How fast the momentum comes to `beta1`, from 0 on. Default 0.004. */
  readonly momentumDecay?: number | undefined;
}

interface NadamConfig extends MomentConfig {
  readonly learningRate: number | Schedule;
  readonly momentumDecay: number;
}

const config: Schema<NadamOptions, NadamConfig> = lazySchema(() =>
  z.strictObject({
    learningRate: learningRateField(0.001),
    ...momentFields(),
    momentumDecay: z.number().min(0).default(0.004).describe(
      "How fast the momentum comes to beta1",
    ),
  })
);

const stage = defineOptimizer({
  name: "nadam",
  config,
  formula: "param = param - learningRate · (μ′·m̂ + (1 - μ)·ĝ) / (√v̂ + epsilon)",
  init: () => ({ m: 0, v: 0 }),
  initShared: () => ({ momentumProduct: 1 }),
  updateShared: ({ shared, step }, config) => ({
    momentumProduct: ops.mul(shared.momentumProduct, momentumAt(step, config)),
  }),
  update({ param, grad, state, shared, step, learningRate }, config) {
    const { beta1, beta2, epsilon } = config;
    const m = meanOver(state.m, grad, beta1);
    const v = meanOver(state.v, ops.square(grad), beta2);
    const { momentumProduct: product } = shared;
    const momentum = momentumAt(step, config);
    const next = momentumAt(ops.add(step, 1), config);
    // scalars, one of each a step
    const gradRate = ops.mul(learningRate, ops.div(ops.sub(1, momentum), ops.sub(1, product)));
    const meanRate = ops.mul(
      learningRate,
      ops.div(next, ops.sub(1, ops.mul(product, next))),
    );
    const rootScale = ops.div(1, ops.sqrt(correction(beta2, step)));
    const root = ops.add(ops.mul(ops.sqrt(v), rootScale), epsilon);
    const move = ops.add(ops.mul(grad, gradRate), ops.mul(m, meanRate));
    return { param: ops.sub(param, ops.div(move, root)), state: { m, v } };
  },
});

/** `μₜ = β₁ · (1 - 0.96^(t · momentumDecay) / 2)` */
function momentumAt(step: Value, { beta1, momentumDecay }: NadamConfig): Value {
  const power = ops.pow(ops.constantLike(step, 0.96), ops.mul(step, momentumDecay));
  return ops.mul(ops.sub(1, ops.mul(power, 0.5)), beta1);
}

/**
 * `param = param - learningRate · (μ′·m̂ + (1 - μ)·ĝ) / (√v̂ + epsilon)`, with `m` and `v` as in
 * {@linkcode adam}, `μₜ = β₁ · (1 - 0.96^(t · momentumDecay) / 2)`, `μ′` that of the next step,
 * `m̂ = m / (1 - Πμ·μ′)`, `ĝ = grad / (1 - Πμ)` and `Πμ` the product of all `μ` so far.
 *
 * Differs: the same as PyTorch's `NAdam`, but for the default epsilon of 1e-7; Keras's has a
 * `momentumDecay` of 1.
 *
 * Counterparts: Keras `Nadam`; PyTorch `optim.NAdam`; TensorFlow.js none
 *
 * @returns An optimizer; its state is `m`, `v` and the number `momentumProduct`.
 *
 * @example
 * ```ts
 * import { nadam, stageOf } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(stageOf(nadam({ learningRate: 2e-3 }))?.definition.name, "nadam");
 * ```
 *
 * Source: Dozat, "Incorporating Nesterov momentum into Adam", ICLR workshop 2016,
 * https://openreview.net/forum?id=OM0jvwB8jIp57ZJjtNEZ
 */
export function nadam(options: NadamOptions = {}): OptimizerCall {
  return stage(options);
}

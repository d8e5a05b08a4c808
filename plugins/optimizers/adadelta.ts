/**
 * Adadelta.
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

/** Options of {@linkcode adadelta}. */
export interface AdadeltaOptions {
  /** Size of a step. Default 1, as in the paper. */
  readonly learningRate?: number | Schedule | undefined;
  /** Decay of the means of squares, from 0 to less than 1. Default 0.95. */
  readonly rho?: number | undefined;
  /** Added to the means below their roots, above 0. Default 1e-6. */
  readonly epsilon?: number | undefined;
}

interface AdadeltaConfig {
  readonly learningRate: number | Schedule;
  readonly rho: number;
  readonly epsilon: number;
}

const config: Schema<AdadeltaOptions, AdadeltaConfig> = lazySchema(() =>
  z.strictObject({
    learningRate: learningRateField(1),
    rho: decayField(0.95, "Decay of the means of squares"),
    epsilon: epsilonField(1e-6),
  })
);

const stage = defineOptimizer({
  name: "adadelta",
  config,
  formula: "Δ = grad · √(u + epsilon) / √(v + epsilon); param = param - learningRate · Δ",
  init: () => ({ v: 0, u: 0 }),
  update({ param, grad, state, learningRate }, { rho, epsilon }) {
    const v = meanOver(state.v, ops.square(grad), rho);
    const ratio = ops.div(
      ops.sqrt(ops.add(state.u, epsilon)),
      ops.sqrt(ops.add(v, epsilon)),
    );
    const move = ops.mul(grad, ratio);
    const u = meanOver(state.u, ops.square(move), rho);
    return { param: ops.sub(param, ops.mul(move, learningRate)), state: { v, u } };
  },
});

/**
 * `v = rho·v + (1 - rho)·grad²`, `Δ = grad · √(u + epsilon) / √(v + epsilon)`,
 * `u = rho·u + (1 - rho)·Δ²`, `param = param - learningRate · Δ`: steps in the unit of the parameter,
 * so that no rate needs to be chosen.
 *
 * Differs: the same as PyTorch's `Adadelta`, whose `rho` is 0.9; Keras's learning rate is 0.001 and its
 * epsilon 1e-7 by default.
 *
 * Counterparts: Keras `Adadelta`; PyTorch `optim.Adadelta`; TensorFlow.js `train.adadelta`
 *
 * @returns An optimizer; its state is `v` and `u`.
 *
 * @example
 * ```ts
 * import { adadelta, stageOf } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(stageOf(adadelta({ rho: 0.9 }))?.definition.name, "adadelta");
 * ```
 *
 * Source: Zeiler, "Adadelta: an adaptive learning rate method", 2012, https://arxiv.org/abs/1212.5701
 */
export function adadelta(options: AdadeltaOptions = {}): OptimizerCall {
  return stage(options);
}

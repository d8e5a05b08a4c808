/**
 * Adam's move as a part of its own.
 *
 * @module
 */
import { z } from "zod";
import {
  defineGradientTransform,
  type GradientTransformCall,
  lazySchema,
  ops,
  type Schema,
} from "../../core/mod.ts";
import {
  adamMove,
  initAdam,
  type MomentConfig,
  momentFields,
  type MomentOptions,
} from "./moments.ts";

const config: Schema<MomentOptions, MomentConfig> = lazySchema(() =>
  z.strictObject(momentFields())
);

const stage = defineGradientTransform({
  name: "scaleByAdam",
  config,
  formula: "gradient = m̂ / (√v̂ + epsilon)",
  init: () => initAdam(),
  update({ grad, state, step }, config) {
    const scale = ops.constantLike(step, 1);
    const { move, state: next } = adamMove({ grad, state, step, scale }, config);
    return { grad: move, state: next };
  },
});

/**
 * `gradient = m̂ / (√v̂ + epsilon)`: what {@linkcode adam} subtracts, without the learning rate. It is a
 * part to build optimizers of: `sgd({ learningRate })(scaleByAdam()(gradients))` is Adam.
 *
 * Counterparts: Keras none; PyTorch none; TensorFlow.js none
 *
 * @returns A stage from gradients to gradients; its state is `m` and `v`.
 *
 * @example
 * ```ts
 * import { addDecayedWeights, chain, scaleByAdam, sgd, stageOf } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * // AdamW, of its parts
 * const optimizer = chain(scaleByAdam(), addDecayedWeights(0.01), sgd({ learningRate: 1e-3 }));
 * assertEquals(stageOf(optimizer)?.definition.name, "chain");
 * ```
 *
 * Source: Kingma, Ba, "Adam: a method for stochastic optimization", ICLR 2015,
 * https://arxiv.org/abs/1412.6980
 */
export function scaleByAdam(options: MomentOptions = {}): GradientTransformCall {
  return stage(options);
}

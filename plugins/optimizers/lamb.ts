/**
 * LAMB.
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
  initAdam,
  type MomentConfig,
  momentFields,
  type MomentOptions,
} from "./moments.ts";
import { trustRatio } from "./scale_by_trust_ratio.ts";
import {
  requireExcluded,
  type WeightDecayConfig,
  weightDecayFields,
  weightDecayOf,
  type WeightDecayOptions,
} from "./weight_decay.ts";

/** Options of {@linkcode lamb}; `weightDecay` is 0.01 by default, `epsilon` 1e-6. */
export interface LambOptions extends MomentOptions, WeightDecayOptions {
  /** Size of a step, as a share of the parameter's norm. Default 0.001. */
  readonly learningRate?: number | Schedule | undefined;
}

interface LambConfig extends MomentConfig, WeightDecayConfig {
  readonly learningRate: number | Schedule;
}

const config: Schema<LambOptions, LambConfig> = lazySchema(() =>
  z.strictObject({
    learningRate: learningRateField(0.001),
    ...momentFields({ epsilon: 1e-6 }),
    ...weightDecayFields(0.01),
  })
);

const stage = defineOptimizer({
  name: "lamb",
  config,
  formula:
    "param = param - learningRate · ‖param‖/‖u‖ · u; u = m̂ / (√v̂ + epsilon) + weightDecay · param",
  init: () => initAdam(),
  verify: (paths, config) => requireExcluded(paths, config),
  update(inputs, config) {
    const { param, step, learningRate } = inputs;
    const scale = ops.constantLike(step, 1);
    const { move, state } = adamMove({ ...inputs, scale }, config);
    const share = weightDecayOf(inputs, config);
    const direction = share === 0 ? move : ops.add(move, ops.mul(param, share));
    const rate = ops.mul(learningRate, trustRatio(param, direction));
    return { param: ops.sub(param, ops.mul(direction, rate)), state };
  },
});

/**
 * `u = m̂ / (√v̂ + epsilon) + weightDecay · param`,
 * `param = param - learningRate · ‖param‖ / ‖u‖ · u`: Adam's move, as long as the parameter is, for
 * large batches. The ratio of norms is 1 where either is 0.
 *
 * Differs: the paper's Algorithm 2 with `φ(z) = z`; parameters that do not decay are scaled all the
 * same. PyTorch has no LAMB; Keras's has no weight decay by default.
 *
 * Counterparts: Keras `Lamb`; PyTorch none; TensorFlow.js none
 *
 * @returns An optimizer; its state is `m` and `v`.
 * @throws {RangeError} When a name in `excludeFromDecay` means no parameter, as the pipeline is checked.
 *
 * @example
 * ```ts
 * import { lamb, stageOf } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(stageOf(lamb({ excludeFromDecay: ["bias"] }))?.definition.name, "lamb");
 * ```
 *
 * Source: You et al., "Large batch optimization for deep learning: training BERT in 76 minutes", ICLR
 * 2020, https://arxiv.org/abs/1904.00962
 */
export function lamb(options: LambOptions = {}): OptimizerCall {
  return stage(options);
}

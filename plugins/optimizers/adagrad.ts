/**
 * Adagrad.
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
import { epsilonField } from "./fields.ts";

/** Options of {@linkcode adagrad}. */
export interface AdagradOptions {
  /** Size of a step. Default 0.01. */
  readonly learningRate?: number | Schedule | undefined;
  /** What the sum of squared gradients begins with, from 0 on. Default 0. */
  readonly initialAccumulatorValue?: number | undefined;
  /** Added to the root, above 0. Default 1e-7. */
  readonly epsilon?: number | undefined;
}

interface AdagradConfig {
  readonly learningRate: number | Schedule;
  readonly initialAccumulatorValue: number;
  readonly epsilon: number;
}

const config: Schema<AdagradOptions, AdagradConfig> = lazySchema(() =>
  z.strictObject({
    learningRate: learningRateField(0.01),
    initialAccumulatorValue: z.number().min(0).default(0).describe(
      "What the sum of squared gradients begins with",
    ),
    epsilon: epsilonField(1e-7),
  })
);

const stage = defineOptimizer({
  name: "adagrad",
  config,
  formula: "s = s + grad²; param = param - learningRate · grad / (√s + epsilon)",
  init: ({ initialAccumulatorValue }) => ({ sum: initialAccumulatorValue }),
  update({ param, grad, state, learningRate }, { epsilon }) {
    const sum = ops.add(state.sum, ops.square(grad));
    const root = ops.add(ops.sqrt(sum), epsilon);
    return { param: ops.sub(param, ops.div(ops.mul(grad, learningRate), root)), state: { sum } };
  },
});

/**
 * `s = s + grad²`, `param = param - learningRate · grad / (√s + epsilon)`: parameters that have rarely
 * had a gradient take larger steps.
 *
 * Differs: the same as PyTorch's `Adagrad`, but for the default epsilon (1e-10 there), and without its
 * `lr_decay`, which is {@linkcode inverseTimeDecay}. Keras begins with a sum of 0.1 and adds epsilon
 * below the root.
 *
 * Counterparts: Keras `Adagrad`; PyTorch `optim.Adagrad`; TensorFlow.js `train.adagrad`
 *
 * @returns An optimizer; its state is `sum`.
 *
 * @example
 * ```ts
 * import { adagrad, stageOf } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(stageOf(adagrad({ learningRate: 0.1 }))?.definition.name, "adagrad");
 * ```
 *
 * Source: Duchi, Hazan, Singer, "Adaptive subgradient methods for online learning and stochastic
 * optimization", JMLR 2011, https://jmlr.org/papers/v12/duchi11a.html
 */
export function adagrad(options: AdagradOptions = {}): OptimizerCall {
  return stage(options);
}

/**
 * A learning rate that goes down along half a cosine.
 *
 * @module
 */
import { ops, type Schedule } from "../../core/mod.ts";
import { halfCosine, requireSettings, stepsBefore } from "./settings.ts";

/** Options of {@linkcode cosineDecay}. */
export interface CosineDecayOptions {
  /** The rate at the first step, from 0 on. */
  readonly initialLearningRate: number;
  /** Steps after which the last rate is reached, at least 1. */
  readonly decaySteps: number;
  /** The last rate as a share of the first, from 0 to 1. Default 0. */
  readonly alpha?: number;
}

/**
 * `rate(t) = initialLearningRate · ((1 - alpha) · (1 + cos(π·s)) / 2 + alpha)`, with
 * `s = min(t - 1, decaySteps) / decaySteps` at step `t`, counted from 1.
 *
 * Differs: the same as Keras's `CosineDecay`, whose warm-up is {@linkcode warmUp}; PyTorch's
 * `CosineAnnealingLR` goes up again after the end.
 *
 * Counterparts: Keras `CosineDecay`; PyTorch `CosineAnnealingLR`; TensorFlow.js none
 *
 * @returns A schedule, for an optimizer's `learningRate`.
 * @throws {RangeError} When an option is out of its range.
 *
 * @example
 * ```ts
 * import { cosineDecay } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const rate = cosineDecay({ initialLearningRate: 0.1, decaySteps: 1000 });
 * assertEquals(rate.name, "cosineDecay(0.1, 1000, 0)");
 * ```
 *
 * Source: Loshchilov, Hutter, "SGDR: stochastic gradient descent with warm restarts", ICLR 2017,
 * https://arxiv.org/abs/1608.03983
 */
export function cosineDecay(options: CosineDecayOptions): Schedule {
  const { initialLearningRate, decaySteps, alpha = 0 } = options;
  requireSettings({
    initialLearningRate: [initialLearningRate, initialLearningRate >= 0, "0 or more"],
    decaySteps: [decaySteps, decaySteps >= 1, "1 or more"],
    alpha: [alpha, alpha >= 0 && alpha <= 1, "a number from 0 to 1"],
  });
  return {
    name: `cosineDecay(${initialLearningRate}, ${decaySteps}, ${alpha})`,
    value(step) {
      const share = ops.minimum(ops.div(stepsBefore(step), decaySteps), 1);
      return ops.mul(
        ops.add(ops.mul(halfCosine(share), 1 - alpha), alpha),
        initialLearningRate,
      );
    },
  };
}

/**
 * A learning rate that rises to another schedule's.
 *
 * @module
 */
import { ops, type Schedule } from "../../core/mod.ts";
import { isCount, nameOf, requireSettings, settingAt, stepsBefore } from "./settings.ts";

/** Options of {@linkcode warmUp}. */
export interface WarmUpOptions {
  /** Steps before the other schedule begins, at least 1. */
  readonly steps: number;
  /** The first rate as a share of the other schedule's first, from 0 to 1. Default 0. */
  readonly startFactor?: number;
}

/**
 * `rate(t) = then(1) · (startFactor + (1 - startFactor) · (t - 1) / steps)` for the first `steps`
 * steps, counted from 1, and `then(t - steps)` from there on.
 *
 * Differs: the same as PyTorch's `LinearLR` before another scheduler in a `SequentialLR`, whose
 * `start_factor` is 1/3 by default, and as the warm-up of Keras's `CosineDecay`.
 *
 * Counterparts: Keras `CosineDecay(warmup_steps=…)`; PyTorch `LinearLR`; TensorFlow.js none
 *
 * @param then The rate that is risen to, or the schedule that follows.
 * @returns A schedule, for an optimizer's `learningRate`.
 * @throws {RangeError} When an option is out of its range.
 *
 * @example
 * ```ts
 * import { cosineDecay, warmUp } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const rate = warmUp(cosineDecay({ initialLearningRate: 0.1, decaySteps: 900 }), { steps: 100 });
 * assertEquals(rate.name, "warmUp(cosineDecay(0.1, 900, 0), 100, 0)");
 * ```
 *
 * Source: Goyal et al., "Accurate, large minibatch SGD", 2017, https://arxiv.org/abs/1706.02677
 */
export function warmUp(then: number | Schedule, options: WarmUpOptions): Schedule {
  const { steps, startFactor = 0 } = options;
  requireSettings({
    steps: [steps, isCount(steps), "a whole number, 1 or more"],
    startFactor: [startFactor, startFactor >= 0 && startFactor <= 1, "a number from 0 to 1"],
    ...(typeof then === "number" ? { then: [then, then >= 0, "0 or more"] } : {}),
  });
  return {
    name: `warmUp(${nameOf(then)}, ${steps}, ${startFactor})`,
    value(step, context) {
      // before it begins, the other schedule is at its first step
      const following = settingAt(then, ops.maximum(ops.sub(step, steps), 1), context);
      const share = ops.minimum(ops.div(stepsBefore(step), steps), 1);
      return ops.mul(following, ops.add(ops.mul(share, 1 - startFactor), startFactor));
    },
  };
}

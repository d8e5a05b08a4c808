/**
 * A learning rate that shrinks by a factor every so many steps.
 *
 * @module
 */
import { ops, type Schedule } from "../../core/mod.ts";
import { requireSettings, stepsBefore } from "./settings.ts";

/** Options of {@linkcode exponentialDecay}. */
export interface ExponentialDecayOptions {
  /** The rate at the first step, from 0 on. */
  readonly initialLearningRate: number;
  /** Steps in which the rate shrinks by `decayRate` once, at least 1. */
  readonly decaySteps: number;
  /** The factor, above 0. */
  readonly decayRate: number;
  /** Whether the rate shrinks every `decaySteps` steps, not a little at each. Default `false`. */
  readonly staircase?: boolean;
}

/**
 * `rate(t) = initialLearningRate · decayRate^((t - 1) / decaySteps)` at step `t`, counted from 1;
 * with `staircase`, the exponent is rounded down.
 *
 * Differs: the same as Keras's `ExponentialDecay`, whose steps count from 0, and with `decaySteps: 1`
 * as PyTorch's `ExponentialLR`; with `staircase` as its `StepLR`.
 *
 * Counterparts: Keras `ExponentialDecay`; PyTorch `ExponentialLR`; TensorFlow.js none
 *
 * @returns A schedule, for an optimizer's `learningRate`.
 * @throws {RangeError} When an option is out of its range.
 *
 * @example
 * ```ts
 * import { exponentialDecay, sgd, stageOf } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const learningRate = exponentialDecay({
 *   initialLearningRate: 0.1,
 *   decaySteps: 1000,
 *   decayRate: 0.96,
 * });
 * assertEquals(learningRate.name, "exponentialDecay(0.1, 1000, 0.96)");
 * assertEquals(stageOf(sgd({ learningRate }))?.options, { learningRate });
 * ```
 */
export function exponentialDecay(options: ExponentialDecayOptions): Schedule {
  const { initialLearningRate, decaySteps, decayRate, staircase = false } = options;
  requireSettings({
    initialLearningRate: [initialLearningRate, initialLearningRate >= 0, "0 or more"],
    decaySteps: [decaySteps, decaySteps >= 1, "1 or more"],
    decayRate: [decayRate, decayRate > 0, "a number above 0"],
  });
  return {
    name: `exponentialDecay(${initialLearningRate}, ${decaySteps}, ${decayRate}` +
      `${staircase ? ", staircase" : ""})`,
    value(step) {
      const passed = ops.div(stepsBefore(step), decaySteps);
      const exponent = staircase ? ops.floor(passed) : passed;
      const base = ops.constantLike(step, decayRate);
      return ops.mul(ops.pow(base, exponent), initialLearningRate);
    },
  };
}

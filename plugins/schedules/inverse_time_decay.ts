/**
 * A learning rate that shrinks as one over the steps.
 *
 * @module
 */
import { ops, type Schedule } from "../../core/mod.ts";
import { requireSettings, stepsBefore } from "./settings.ts";

/** Options of {@linkcode inverseTimeDecay}. */
export interface InverseTimeDecayOptions {
  /** The rate at the first step, from 0 on. */
  readonly initialLearningRate: number;
  /** Steps that count as one unit of time, at least 1. */
  readonly decaySteps: number;
  /** How fast the rate shrinks, from 0 on. */
  readonly decayRate: number;
}

/**
 * `rate(t) = initialLearningRate / (1 + decayRate · (t - 1) / decaySteps)` at step `t`, counted from 1.
 *
 * Differs: the same as Keras's `InverseTimeDecay`, and with `decaySteps: 1` as the `lr_decay` of
 * PyTorch's `Adagrad`.
 *
 * Counterparts: Keras `InverseTimeDecay`; PyTorch none; TensorFlow.js none
 *
 * @returns A schedule, for an optimizer's `learningRate`.
 * @throws {RangeError} When an option is out of its range.
 *
 * @example
 * ```ts
 * import { inverseTimeDecay } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const options = { initialLearningRate: 0.1, decaySteps: 100, decayRate: 0.5 };
 * assertEquals(inverseTimeDecay(options).name, "inverseTimeDecay(0.1, 100, 0.5)");
 * ```
 */
export function inverseTimeDecay(options: InverseTimeDecayOptions): Schedule {
  const { initialLearningRate, decaySteps, decayRate } = options;
  requireSettings({
    initialLearningRate: [initialLearningRate, initialLearningRate >= 0, "0 or more"],
    decaySteps: [decaySteps, decaySteps >= 1, "1 or more"],
    decayRate: [decayRate, decayRate >= 0, "0 or more"],
  });
  return {
    name: `inverseTimeDecay(${initialLearningRate}, ${decaySteps}, ${decayRate})`,
    value: (step) =>
      ops.div(
        initialLearningRate,
        ops.add(ops.mul(stepsBefore(step), decayRate / decaySteps), 1),
      ),
  };
}

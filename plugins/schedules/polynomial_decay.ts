/**
 * A learning rate that goes down to another along a power: linearly, for one.
 *
 * @module
 */
import { ops, type Schedule } from "../../core/mod.ts";
import { requireSettings, stepsBefore } from "./settings.ts";

/** Options of {@linkcode polynomialDecay}. */
export interface PolynomialDecayOptions {
  /** The rate at the first step, from 0 on. */
  readonly initialLearningRate: number;
  /** Steps after which the last rate is reached, at least 1. */
  readonly decaySteps: number;
  /** The last rate, from 0 on. Default 0. */
  readonly endLearningRate?: number;
  /** The power, above 0. Default 1: along a line. */
  readonly power?: number;
  /** Whether the end is put off by `decaySteps` whenever it is reached. Default `false`. */
  readonly cycle?: boolean;
}

/**
 * `rate(t) = (initialLearningRate - endLearningRate) · (1 - s)^power + endLearningRate`, with
 * `s = min(t - 1, decaySteps) / decaySteps` at step `t`, counted from 1. With `cycle`,
 * `s = (t - 1) / (decaySteps · ⌈(t - 1) / decaySteps⌉)`: the rate jumps up after each end, to less.
 *
 * Differs: the same as Keras's `PolynomialDecay`, whose `endLearningRate` is 0.0001 by default, and as
 * PyTorch's `PolynomialLR`, which ends at 0. PyTorch's `LinearLR` goes up as well, as
 * {@linkcode warmUp} does.
 *
 * Counterparts: Keras `PolynomialDecay`; PyTorch `PolynomialLR`; TensorFlow.js none
 *
 * @returns A schedule, for an optimizer's `learningRate`.
 * @throws {RangeError} When an option is out of its range.
 *
 * @example
 * ```ts
 * import { polynomialDecay } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const rate = polynomialDecay({ initialLearningRate: 0.1, decaySteps: 1000 });
 * assertEquals(rate.name, "polynomialDecay(0.1, 1000, 0, 1)");
 * ```
 */
export function polynomialDecay(options: PolynomialDecayOptions): Schedule {
  const { initialLearningRate, decaySteps, endLearningRate = 0, power = 1, cycle = false } =
    options;
  requireSettings({
    initialLearningRate: [initialLearningRate, initialLearningRate >= 0, "0 or more"],
    decaySteps: [decaySteps, decaySteps >= 1, "1 or more"],
    endLearningRate: [endLearningRate, endLearningRate >= 0, "0 or more"],
    power: [power, power > 0, "a number above 0"],
  });
  return {
    name: `polynomialDecay(${initialLearningRate}, ${decaySteps}, ${endLearningRate}, ${power}` +
      `${cycle ? ", cycle" : ""})`,
    value(step) {
      const passed = ops.div(stepsBefore(step), decaySteps);
      const times = ops.maximum(ops.neg(ops.floor(ops.neg(passed))), 1);
      const share = cycle ? ops.div(passed, times) : ops.minimum(passed, 1);
      const left = ops.sub(1, share);
      const shape = power === 1 ? left : ops.pow(left, power);
      return ops.add(ops.mul(shape, initialLearningRate - endLearningRate), endLearningRate);
    },
  };
}

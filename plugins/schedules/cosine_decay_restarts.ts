/**
 * A learning rate that goes down along half a cosine, again and again.
 *
 * @module
 */
import { ops, type Schedule, type Value } from "../../core/mod.ts";
import { halfCosine, isCount, requireSettings, stepsBefore } from "./settings.ts";

/** Options of {@linkcode cosineDecayRestarts}. */
export interface CosineDecayRestartsOptions {
  /** The rate at the first step, from 0 on. */
  readonly initialLearningRate: number;
  /** Steps of the first period, at least 1. */
  readonly firstDecaySteps: number;
  /** How many times as long as the last a period is, at least 1. Default 2. */
  readonly tMul?: number;
  /** How many times as high as the last a period begins, above 0. Default 1. */
  readonly mMul?: number;
  /** The last rate of a period as a share of the first rate of all, from 0 to 1. Default 0. */
  readonly alpha?: number;
}

/** Steps up to which float32 counts, and with them the periods that can begin. */
const mostSteps = 2 ** 24;

/**
 * `rate(t) = initialLearningRate · ((1 - alpha) · mMulⁱ · (1 + cos(π·s)) / 2 + alpha)` at step `t`,
 * counted from 1, with `i` the number of periods that are over, each `tMul` times as long as the one
 * before it, and `s` the share of the running one that has passed.
 *
 * Differs: the same as Keras's `CosineDecayRestarts`, and with `alpha = eta_min / initialLearningRate`
 * and `mMul: 1` as PyTorch's `CosineAnnealingWarmRestarts`; `tMul` is a whole number, as there.
 *
 * Counterparts: Keras `CosineDecayRestarts`; PyTorch `CosineAnnealingWarmRestarts`; TensorFlow.js
 * none
 *
 * @returns A schedule, for an optimizer's `learningRate`.
 * @throws {RangeError} When an option is out of its range.
 *
 * @example
 * ```ts
 * import { cosineDecayRestarts } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const rate = cosineDecayRestarts({ initialLearningRate: 0.1, firstDecaySteps: 1000 });
 * assertEquals(rate.name, "cosineDecayRestarts(0.1, 1000, 2, 1, 0)");
 * ```
 *
 * Source: Loshchilov, Hutter, "SGDR: stochastic gradient descent with warm restarts", ICLR 2017,
 * https://arxiv.org/abs/1608.03983
 */
export function cosineDecayRestarts(options: CosineDecayRestartsOptions): Schedule {
  const { initialLearningRate, firstDecaySteps, tMul = 2, mMul = 1, alpha = 0 } = options;
  requireSettings({
    initialLearningRate: [initialLearningRate, initialLearningRate >= 0, "0 or more"],
    firstDecaySteps: [firstDecaySteps, isCount(firstDecaySteps), "a whole number, 1 or more"],
    tMul: [tMul, isCount(tMul), "a whole number, 1 or more"],
    mMul: [mMul, mMul > 0, "a number above 0"],
    alpha: [alpha, alpha >= 0 && alpha <= 1, "a number from 0 to 1"],
  });
  return {
    name: `cosineDecayRestarts(${initialLearningRate}, ${firstDecaySteps}, ${tMul}, ${mMul}, ` +
      `${alpha})`,
    value(step) {
      const { share, height } = tMul === 1
        ? equalPeriods(stepsBefore(step), { length: firstDecaySteps, mMul })
        : growingPeriods(stepsBefore(step), { first: firstDecaySteps, tMul, mMul });
      const cosine = ops.mul(halfCosine(share), height);
      return ops.mul(ops.add(ops.mul(cosine, 1 - alpha), alpha), initialLearningRate);
    },
  };
}

/** Where in a period steps have come, and how high it begins. */
interface Place {
  readonly share: Value;
  readonly height: Value;
}

function equalPeriods(
  passed: Value,
  { length, mMul }: { readonly length: number; readonly mMul: number },
): Place {
  const periods = ops.div(passed, length);
  const over = ops.floor(periods);
  return {
    share: ops.sub(periods, over),
    height: ops.pow(ops.constantLike(passed, mMul), over),
  };
}

/** By comparisons with the steps at which periods begin: a logarithm would be inexact just there. */
function growingPeriods(
  passed: Value,
  { first, tMul, mMul }: { readonly first: number; readonly tMul: number; readonly mMul: number },
): Place {
  const at = (value: number) => ops.constantLike(passed, value);
  let [begin, length, height] = [at(0), at(first), at(1)];
  let period = first;
  let start = first;
  for (let i = 1; start < mostSteps; i++) {
    const hasBegun = ops.greaterEqual(passed, start);
    period *= tMul;
    begin = ops.where(hasBegun, start, begin);
    length = ops.where(hasBegun, period, length);
    height = ops.where(hasBegun, mMul ** i, height);
    start += period;
  }
  return { share: ops.div(ops.sub(passed, begin), length), height };
}

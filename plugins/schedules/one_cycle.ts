/**
 * A learning rate that rises and falls once over the whole training, and a momentum that falls and
 * rises with it.
 *
 * @module
 */
import { ops, type Schedule, type Value } from "../../core/mod.ts";
import { halfCosine, isCount, requireSettings, stepsBefore } from "./settings.ts";

/** Options of {@linkcode oneCycle}. */
export interface OneCycleOptions {
  /** The greatest rate, from 0 on. */
  readonly maxLearningRate: number;
  /** Steps of the whole cycle. */
  readonly totalSteps: number;
  /** Share of the steps in which the rate rises, from 0 to 1. Default 0.3. */
  readonly warmUpFraction?: number;
  /** What the greatest rate is divided by at the first step, above 0. Default 25. */
  readonly divFactor?: number;
  /** What the first rate is divided by at the last step, above 0. Default 10,000. */
  readonly finalDivFactor?: number;
  /** Along what the rate goes: half a cosine, or a line. Default `"cosine"`. */
  readonly anneal?: "cosine" | "linear";
  /** The least momentum, at the greatest rate, from 0 to less than 1. Default 0.85. */
  readonly baseMomentum?: number;
  /** The greatest momentum, from 0 to less than 1. Default 0.95. */
  readonly maxMomentum?: number;
}

/** The schedules of a cycle. */
export interface OneCycle {
  /** The learning rate. */
  readonly learningRate: Schedule;
  /** The momentum; for {@linkcode sgd}. */
  readonly momentum: Schedule;
}

/**
 * From `maxLearningRate / divFactor` up to `maxLearningRate` in the first `warmUpFraction` of
 * `totalSteps`, then down to `maxLearningRate / (divFactor · finalDivFactor)`; the momentum goes from
 * `maxMomentum` to `baseMomentum` and back. After the cycle both stay as they are.
 *
 * Differs: the same as PyTorch's `OneCycleLR` of two phases.
 *
 * Counterparts: Keras none; PyTorch `OneCycleLR`; TensorFlow.js none
 *
 * @returns Two schedules, for the fields of an optimizer that they are named after.
 * @throws {RangeError} When an option is out of its range.
 *
 * @example
 * ```ts
 * import { adamw, oneCycle, sgd, stageOf } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const cycle = oneCycle({ maxLearningRate: 0.1, totalSteps: 1000 });
 * assertEquals(stageOf(sgd(cycle))?.options, cycle);
 * const { learningRate } = oneCycle({ maxLearningRate: 0.01, totalSteps: 1000 });
 * assertEquals(stageOf(adamw({ learningRate }))?.definition.name, "adamw");
 * ```
 *
 * Source: Smith, Topin, "Super-convergence: very fast training of neural networks using large learning
 * rates", 2017, https://arxiv.org/abs/1708.07120
 */
export function oneCycle(options: OneCycleOptions): OneCycle {
  const {
    maxLearningRate,
    totalSteps,
    warmUpFraction = 0.3,
    divFactor = 25,
    finalDivFactor = 10_000,
    anneal = "cosine",
    baseMomentum = 0.85,
    maxMomentum = 0.95,
  } = options;
  const isMomentum = (momentum: number) => momentum >= 0 && momentum < 1;
  const top = warmUpFraction * totalSteps - 1;
  requireSettings({
    maxLearningRate: [maxLearningRate, maxLearningRate >= 0, "0 or more"],
    totalSteps: [totalSteps, isCount(totalSteps), "a whole number, 1 or more"],
    warmUpFraction: [
      warmUpFraction,
      top > 0 && top < totalSteps - 1,
      "a share of more than 1 step, and less than all",
    ],
    divFactor: [divFactor, divFactor > 0, "a number above 0"],
    finalDivFactor: [finalDivFactor, finalDivFactor > 0, "a number above 0"],
    baseMomentum: [baseMomentum, isMomentum(baseMomentum), "a number from 0 to less than 1"],
    maxMomentum: [maxMomentum, isMomentum(maxMomentum), "a number from 0 to less than 1"],
  });
  const initial = maxLearningRate / divFactor;
  const cycle = (from: number, over: number, to: number): Schedule["value"] => (step) => {
    const passed = stepsBefore(step);
    const rising = ops.div(passed, top);
    const falling = ops.minimum(ops.div(ops.sub(passed, top), totalSteps - 1 - top), 1);
    return ops.where(
      ops.lessEqual(passed, top),
      between(from, over, { share: rising, anneal }),
      between(over, to, { share: falling, anneal }),
    );
  };
  const settings = `${totalSteps}, ${warmUpFraction}, ${anneal}`;
  return {
    learningRate: {
      name: `oneCycle(${maxLearningRate}, ${divFactor}, ${finalDivFactor}, ${settings})`,
      value: cycle(initial, maxLearningRate, initial / finalDivFactor),
    },
    momentum: {
      name: `oneCycle(${maxMomentum}, ${baseMomentum}, ${settings})`,
      value: cycle(maxMomentum, baseMomentum, maxMomentum),
    },
  };
}

/** From one number to another, by the share of the way. */
function between(
  from: number,
  to: number,
  { share, anneal }: { readonly share: Value; readonly anneal: "cosine" | "linear" },
): Value {
  const left = anneal === "cosine" ? halfCosine(share) : ops.sub(1, share);
  return ops.add(ops.mul(left, from - to), to);
}

/**
 * A learning rate that shrinks when a score stops getting better.
 *
 * @module
 */
import { type EpochRule, ops, type Schedule } from "../../core/mod.ts";
import { nameOf, requireSettings, settingAt } from "./settings.ts";

/** Options of {@linkcode reduceOnPlateau}. */
export interface ReduceOnPlateauOptions {
  /** The rate of the first epochs, from 0 on, or a schedule that is shrunk. */
  readonly initialLearningRate: number | Schedule;
  /** Name of the loss or metric that is watched. Default `"loss"`. */
  readonly monitor?: string;
  /** Whether a lower score is better, or a higher one. Default `"min"`. */
  readonly mode?: "min" | "max";
  /** What the rate is multiplied with, from 0 to less than 1. Default 0.1. */
  readonly factor?: number;
  /** Epochs without a better score after which the rate shrinks in the next one. Default 10. */
  readonly patience?: number;
  /** How much better a score must be to count, from 0 on. Default 0.0001. */
  readonly threshold?: number;
  /** Whether the threshold is a share of the best score, or a difference. Default `"relative"`. */
  readonly thresholdMode?: "relative" | "absolute";
  /** Epochs after a shrinking in which none is counted, from 0 on. Default 0. */
  readonly cooldown?: number;
  /** The least rate, from 0 on. Default 0. */
  readonly minLearningRate?: number;
}

/** What is kept from epoch to epoch. */
type Numbers = "scale" | "best" | "epochs" | "badEpochs" | "cooldown";

/**
 * `rate(t) = max(initialLearningRate(t) · scale, minLearningRate)`, where `scale` is multiplied with
 * `factor` at the end of each epoch that is the `patience + 1`st in a row without a better score.
 *
 * The score is that of the validation split where there is one, else of the training batches. What is
 * kept from epoch to epoch is saved in checkpoints: a resumed run has the same rates.
 *
 * Differs: the same as PyTorch's `ReduceLROnPlateau` with `eps: 0`; Keras counts `patience`
 * epochs, not one more, and has an absolute threshold.
 *
 * Counterparts: Keras `callbacks.ReduceLROnPlateau`; PyTorch `ReduceLROnPlateau`; TensorFlow.js
 * none
 *
 * @returns A schedule, for an optimizer's `learningRate`.
 * @throws {RangeError} When an option is out of its range.
 * @throws {PipelineError} When no loss or metric has the name `monitor`, as the pipeline is checked.
 *
 * @example
 * ```ts
 * import { adam, reduceOnPlateau, stageOf } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const learningRate = reduceOnPlateau({ initialLearningRate: 0.01, factor: 0.5, patience: 3 });
 * assertEquals(stageOf(adam({ learningRate }))?.options, { learningRate });
 * ```
 */
export function reduceOnPlateau(options: ReduceOnPlateauOptions): Schedule {
  const {
    initialLearningRate,
    monitor = "loss",
    mode = "min",
    factor = 0.1,
    patience = 10,
    threshold = 1e-4,
    thresholdMode = "relative",
    cooldown = 0,
    minLearningRate = 0,
  } = options;
  const isWhole = (value: number) => Number.isInteger(value) && value >= 0;
  requireSettings({
    ...(typeof initialLearningRate === "number"
      ? {
        initialLearningRate: [initialLearningRate, initialLearningRate >= 0, "0 or more"],
      } as const
      : {}),
    factor: [factor, factor >= 0 && factor < 1, "a number from 0 to less than 1"],
    patience: [patience, isWhole(patience), "a whole number, 0 or more"],
    threshold: [threshold, threshold >= 0, "0 or more"],
    cooldown: [cooldown, isWhole(cooldown), "a whole number, 0 or more"],
    minLearningRate: [minLearningRate, minLearningRate >= 0, "0 or more"],
  });
  const sign = mode === "min" ? 1 : -1;
  const isBetter = (score: number, best: number) =>
    thresholdMode === "relative"
      ? sign * score < sign * best * (1 - sign * threshold)
      : sign * score < sign * best - threshold;
  const rule: EpochRule<Numbers> = {
    scores: [monitor],
    initial: { scale: 1, best: 0, epochs: 0, badEpochs: 0, cooldown: 0 },
    next(before, scores) {
      const score = scores[monitor];
      if (score === undefined) {
        throw new RangeError(`Cannot watch "${monitor}": it is no single number`);
      }
      const better = before.epochs === 0 || isBetter(score, before.best);
      const isResting = before.cooldown > 0;
      const badEpochs = better || isResting ? 0 : before.badEpochs + 1;
      const isPlateau = badEpochs > patience;
      return {
        scale: isPlateau ? before.scale * factor : before.scale,
        best: better ? score : before.best,
        epochs: before.epochs + 1,
        badEpochs: isPlateau ? 0 : badEpochs,
        cooldown: isPlateau ? cooldown : Math.max(0, before.cooldown - 1),
      };
    },
  };
  return {
    name: `reduceOnPlateau(${nameOf(initialLearningRate)}, ${monitor}, ${mode}, ${factor}, ` +
      `${patience}, ${threshold} ${thresholdMode}, ${cooldown}, ${minLearningRate})`,
    value(step, context) {
      const { scale } = context.eachEpoch("plateau", rule);
      const rate = settingAt(initialLearningRate, step, context);
      return ops.maximum(ops.mul(rate, scale), minLearningRate);
    },
  };
}

/**
 * The contract of a schedule: a setting of an optimizer that changes while it trains.
 *
 * @module
 */
import type { Value } from "../graph/mod.ts";

/** A setting that changes with the step, as ops: a learning rate, a momentum. */
export interface Schedule {
  /** Name with all settings, for the record: what tells two schedules apart must be in it. */
  readonly name: string;
  /** The setting at a step, counted from 1; both f32 scalars. */
  value(step: Value, context: ScheduleContext): Value;
}

/** What a schedule may ask for. */
export interface ScheduleContext {
  /**
   * Numbers that live on from epoch to epoch, as f32 scalars. They are saved in checkpoints. May be
   * asked for once in a schedule.
   *
   * @param name What they are called in checkpoints, below the stage's path.
   */
  eachEpoch<N extends string>(name: string, rule: EpochRule<N>): Readonly<Record<N, Value>>;
}

/** How numbers go from one epoch to the next. */
export interface EpochRule<N extends string = string> {
  /** Names of the losses and metrics that the rule reads; a name that there is not fails the check. */
  readonly scores: readonly string[];
  /** The numbers of the first epoch. */
  readonly initial: Readonly<Record<N, number>>;
  /**
   * The numbers of the next epoch, which are kept as float32.
   *
   * @param numbers Those of the epoch that ended.
   * @param scores Its losses and metrics: of the validation split where there is one, else of the
   * training batches.
   */
  next(
    numbers: Readonly<Record<N, number>>,
    scores: Readonly<Record<string, number>>,
  ): Readonly<Record<N, number>>;
}

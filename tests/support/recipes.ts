/**
 * Optimizers and schedules as golden files name them: parts, each a function with its arguments.
 *
 * @module
 */
import { assert } from "@std/assert";
import type { Schedule } from "@millrace/millrace";
import * as optimizers from "../../plugins/optimizers/mod.ts";
import * as schedules from "../../plugins/schedules/mod.ts";

/** A function of the family, by name, and its arguments. */
export type RecipePart = readonly [name: string, ...options: readonly unknown[]];

/** A function that makes schedules, with the name of one where it makes several: `"oneCycle.momentum"`. */
export interface ScheduleRecipe {
  readonly schedule: string;
  /** What it is given: one thing, or several in an array. */
  readonly options: unknown;
}

/** Makes a schedule; one inside another is made first. */
export function scheduleOf({ schedule, options }: ScheduleRecipe): Schedule {
  const [name, part] = schedule.split(".");
  const make = schedules[name as "warmUp"] as unknown as (...options: unknown[]) => unknown;
  assert(make !== undefined, `there is no schedule "${name}"`);
  const given = (Array.isArray(options) ? options : [options]).map((option) =>
    isScheduleRecipe(option) ? scheduleOf(option) : option
  );
  const made = make(...given) as Schedule & Readonly<Record<string, Schedule>>;
  return part === undefined ? made : made[part]!;
}

/** Makes an optimizer of parts: a chain where there are several. */
export function optimizerOf(parts: readonly RecipePart[]): OptimizerMaker {
  const made = parts.map(([name, ...options]) => {
    const make = (optimizers as unknown as Readonly<Record<string, Maker | undefined>>)[name];
    assert(make !== undefined, `there is no optimizer "${name}"`);
    return make(...options.map(withSchedules));
  });
  return made.length === 1 ? made[0]! : (optimizers.chain as Chain)(...made);
}

function withSchedules(options: unknown): unknown {
  if (typeof options !== "object" || options === null) return options;
  return Object.fromEntries(
    Object.entries(options).map((
      [name, value],
    ) => [name, isScheduleRecipe(value) ? scheduleOf(value) : value]),
  );
}

function isScheduleRecipe(value: unknown): value is ScheduleRecipe {
  return typeof value === "object" && value !== null && "schedule" in value;
}

/** What an optimizer is called as. */
export type OptimizerMaker = ReturnType<typeof optimizers.sgd>;

type Maker = (...options: readonly unknown[]) => OptimizerMaker;
type Chain = (...parts: readonly unknown[]) => OptimizerMaker;

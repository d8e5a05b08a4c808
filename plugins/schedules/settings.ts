/**
 * What schedules share: the checks of their settings, and settings that are schedules themselves.
 *
 * @module
 */
import { ops, type Schedule, type ScheduleContext, type Value } from "../../core/mod.ts";

/** What a setting must be, in words, and whether it is. */
type Demand = readonly [holds: boolean, wanted: string];

/**
 * Demands that settings are finite numbers in their ranges.
 *
 * @throws {RangeError} For the first that is not.
 */
export function requireSettings(
  settings: Readonly<Record<string, readonly [value: number, ...demand: Demand]>>,
): void {
  for (const [name, [value, holds, wanted]] of Object.entries(settings)) {
    if (holds && Number.isFinite(value)) continue;
    throw new RangeError(
      `Cannot make a schedule with ${name}: received ${value}, expected ${wanted}`,
    );
  }
}

/** Whether a number counts something that there is one of at least. */
export function isCount(value: number): boolean {
  return Number.isInteger(value) && value >= 1;
}

/** A setting by name, for the name of a schedule that is made of it. */
export function nameOf(setting: number | Schedule): string {
  return typeof setting === "number" ? String(setting) : setting.name;
}

/** A setting at a step, counted from 1. */
export function settingAt(
  setting: number | Schedule,
  step: Value,
  context: ScheduleContext,
): Value {
  return typeof setting === "number"
    ? ops.constantLike(step, setting)
    : setting.value(step, context);
}

/** Steps that were taken before this one. */
export function stepsBefore(step: Value): Value {
  return ops.sub(step, 1);
}

/** `1` at the beginning and `0` at the end of half a cosine, for a share from 0 to 1. */
export function halfCosine(share: Value): Value {
  return ops.mul(ops.add(ops.cos(ops.mul(share, Math.PI)), 1), 0.5);
}

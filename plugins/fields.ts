/**
 * Configuration fields that stages of several families have.
 *
 * @module
 */
import { z } from "zod";
import type { Initializer, Reduction, Schedule } from "../core/mod.ts";
import {
  type InitializerLike,
  type InitializerName,
  namedInitializers,
} from "./initializers/mod.ts";

/** The fields of a configuration: what each makes of its option. */
export type Fields<Options, Config> = {
  readonly [field in keyof Config]-?: z.ZodType<
    Config[field],
    field extends keyof Options ? Options[field] : never
  >;
};

/** A field for first values: the name of an initializer, or one. */
export function initializerField(
  standard: InitializerName,
  description: string,
): z.ZodType<InitializerLike, InitializerLike | undefined> {
  const names = Object.keys(namedInitializers) as InitializerName[];
  return z.union([z.enum(names), z.custom<Initializer>(isInitializer)], {
    error: `expected an initializer, or one of ${quoted(names)}`,
  }).default(standard).describe(description);
}

/** The field for a learning rate: a number from 0 on, or a schedule. */
export function learningRateField(
  standard: number,
): z.ZodType<number | Schedule, number | Schedule | undefined> {
  return scheduledField(z.number().min(0), "expected a number from 0 on, or a schedule")
    .default(standard).describe("Size of a step along the gradient, or a schedule of it");
}

/** A field for a number, or a schedule of it. */
export function scheduledField(
  number: z.ZodType<number, number>,
  error: string,
): z.ZodUnion<[z.ZodType<number, number>, z.ZodType<Schedule, Schedule>]> {
  return z.union([number, z.custom<Schedule>(isSchedule)], { error });
}

/** The field that says how losses of examples become one. */
export function reductionField(): z.ZodType<Reduction, Reduction | undefined> {
  return z.enum(["mean", "sum"]).default("mean").describe(
    "How the losses of examples become one: their mean over the batch, or their sum",
  );
}

/** The field for a weight of each class. */
export function classWeightsField(): z.ZodType<
  readonly number[] | undefined,
  readonly number[] | undefined
> {
  return z.array(z.number().min(0)).min(1).optional().describe(
    "A weight for each class of the labels; examples of all classes count alike when absent",
  );
}

/** The field for what is taken from the true class and spread over all. */
export function labelSmoothingField(): z.ZodType<number, number | undefined> {
  return z.number().min(0).lt(1).default(0).describe(
    "Share of each target that is spread over all classes alike",
  );
}

/** Names in quotes, for messages. */
export function quoted(names: readonly string[]): string {
  return names.map((name) => JSON.stringify(name)).join(", ");
}

function isInitializer(value: unknown): value is Initializer {
  return typeof (value as Initializer | null | undefined)?.sample === "function";
}

function isSchedule(value: unknown): value is Schedule {
  return typeof (value as Schedule | null | undefined)?.value === "function";
}

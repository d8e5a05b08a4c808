/**
 * What the focal losses have in common.
 *
 * @module
 */
import { z } from "zod";
import { ops, type Value } from "../../core/mod.ts";

/** Below every `1 - p` that float32 tells from 0; a power of it below 1 still has a finite derivative. */
const least = 1e-30;

/** The field for the exponent of `1 - p`. */
export function gammaField(): z.ZodType<number, number | undefined> {
  return z.number().min(0).default(2).describe("How much less counts what is told well already");
}

/** `missed^gamma`, where `missed` is the probability not given to the target. */
export function missPower(missed: Value, gamma: number): Value {
  return ops.pow(ops.maximum(missed, least), gamma);
}

/**
 * Configuration fields that several optimizers have.
 *
 * @module
 */
import { z } from "zod";

/** Decay of a mean over steps, from 0 to less than 1. */
export function decayField(
  standard: number,
  description: string,
): z.ZodType<number, number | undefined> {
  return z.number().min(0).lt(1).default(standard).describe(description);
}

/** A small number that keeps a quotient finite. */
export function epsilonField(standard: number): z.ZodType<number, number | undefined> {
  return z.number().positive().default(standard).describe("Added to the divisor");
}

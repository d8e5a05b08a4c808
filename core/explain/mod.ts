/**
 * What a pipeline computes, as mathematics that a person can follow.
 *
 * @module
 */
export { explain, explanationOf } from "./explain.ts";
export { printExplanation } from "./printer.ts";
export * from "./types.ts";

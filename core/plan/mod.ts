/**
 * Graph -> Plan: placing, fusing, scheduling, memory.
 *
 * @module
 */
export { type LaidOut, layoutVariables, paddedBytes, storedBytes } from "./layout.ts";
export { plan, type PlanOptions, requirePrecision } from "./plan.ts";
export { type Precision, precisions } from "./precision.ts";
export { betterLimits, type Limits, predictSeconds, type Reach } from "./predict.ts";
export { type PlanNotes, printPlan } from "./printer.ts";
export * from "./reads.ts";
export * from "./target.ts";
export * from "./types.ts";
export { verifyPlan } from "./verifier.ts";

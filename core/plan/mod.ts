/**
 * Graph -> Plan: placing, fusing, scheduling, memory.
 *
 * @module
 */
export { layoutVariables, paddedBytes } from "./layout.ts";
export { plan, type PlanOptions } from "./plan.ts";
export { betterLimits, type Limits, predictSeconds, type Reach } from "./predict.ts";
export { type PlanNotes, printPlan } from "./printer.ts";
export * from "./target.ts";
export * from "./types.ts";
export { verifyPlan } from "./verifier.ts";

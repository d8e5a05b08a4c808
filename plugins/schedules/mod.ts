/**
 * Schedules: learning rates that change with the step. A constant rate is a number.
 *
 * @module
 */
export { exponentialDecay, type ExponentialDecayOptions } from "./exponential_decay.ts";

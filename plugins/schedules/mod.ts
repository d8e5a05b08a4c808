/**
 * Schedules: learning rates that change with the step. A constant rate is a number.
 *
 * @module
 */
export { cosineDecay, type CosineDecayOptions } from "./cosine_decay.ts";
export { cosineDecayRestarts, type CosineDecayRestartsOptions } from "./cosine_decay_restarts.ts";
export { exponentialDecay, type ExponentialDecayOptions } from "./exponential_decay.ts";
export { inverseTimeDecay, type InverseTimeDecayOptions } from "./inverse_time_decay.ts";
export { type OneCycle, oneCycle, type OneCycleOptions } from "./one_cycle.ts";
export {
  piecewiseConstantDecay,
  type PiecewiseConstantDecayOptions,
} from "./piecewise_constant_decay.ts";
export { polynomialDecay, type PolynomialDecayOptions } from "./polynomial_decay.ts";
export { reduceOnPlateau, type ReduceOnPlateauOptions } from "./reduce_on_plateau.ts";
export { warmUp, type WarmUpOptions } from "./warm_up.ts";

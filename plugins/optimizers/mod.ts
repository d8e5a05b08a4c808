/**
 * Optimizers, the backward pass that feeds them, and what stands between the two and behind.
 *
 * @module
 */
export { accumulateGradients } from "./accumulate_gradients.ts";
export { adadelta, type AdadeltaOptions } from "./adadelta.ts";
export { adagrad, type AdagradOptions } from "./adagrad.ts";
export { adam, type AdamOptions } from "./adam.ts";
export { adamax, type AdamaxOptions } from "./adamax.ts";
export { adamw, type AdamwOptions } from "./adamw.ts";
export { addDecayedWeights } from "./add_decayed_weights.ts";
export { backward, type BackwardOptions } from "./backward.ts";
export { chain } from "./chain.ts";
export { clipByGlobalNorm } from "./clip_by_global_norm.ts";
export { clipByNorm } from "./clip_by_norm.ts";
export { clipByValue } from "./clip_by_value.ts";
export {
  exponentialMovingAverage,
  type ExponentialMovingAverageOptions,
} from "./exponential_moving_average.ts";
export { lamb, type LambOptions } from "./lamb.ts";
export { lion, type LionOptions } from "./lion.ts";
export { maxNorm, type MaxNormOptions } from "./max_norm.ts";
export type { MomentOptions } from "./moments.ts";
export { nadam, type NadamOptions } from "./nadam.ts";
export { rmsprop, type RmspropOptions } from "./rmsprop.ts";
export { scaleByAdam } from "./scale_by_adam.ts";
export { scaleByTrustRatio } from "./scale_by_trust_ratio.ts";
export { sgd, type SgdOptions } from "./sgd.ts";
export type { WeightDecayOptions } from "./weight_decay.ts";

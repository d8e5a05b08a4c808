/**
 * Losses.
 *
 * @module
 */
export type { BinaryLoss } from "./binary.ts";
export { binaryCrossEntropy, type BinaryCrossEntropyOptions } from "./binary_cross_entropy.ts";
export {
  binaryFocalCrossEntropy,
  type BinaryFocalCrossEntropyOptions,
} from "./binary_focal_cross_entropy.ts";
export {
  type CategoricalCrossEntropy,
  categoricalCrossEntropy,
  type CategoricalCrossEntropyOptions,
} from "./categorical_cross_entropy.ts";
export {
  type ContrastiveLoss,
  contrastiveLoss,
  type ContrastiveLossOptions,
} from "./contrastive_loss.ts";
export { cosineDistance, type CosineDistanceOptions } from "./cosine_distance.ts";
export {
  type DistillationLoss,
  distillationLoss,
  type DistillationLossOptions,
} from "./distillation_loss.ts";
export { focalCrossEntropy, type FocalCrossEntropyOptions } from "./focal_cross_entropy.ts";
export { type Hinge, hinge, type HingeOptions } from "./hinge.ts";
export { huber, type HuberOptions } from "./huber.ts";
export { klDivergence, type KlDivergenceOptions } from "./kl_divergence.ts";
export { logCosh, type LogCoshOptions } from "./log_cosh.ts";
export {
  meanAbsoluteErrorLoss,
  type MeanAbsoluteErrorLossOptions,
} from "./mean_absolute_error_loss.ts";
export {
  meanAbsolutePercentageError,
  type MeanAbsolutePercentageErrorOptions,
} from "./mean_absolute_percentage_error.ts";
export { meanSquaredError, type MeanSquaredErrorOptions } from "./mean_squared_error.ts";
export { poisson, type PoissonOptions } from "./poisson.ts";
export type { RegressionLoss } from "./regression.ts";
export {
  type SparseCategoricalCrossEntropy,
  sparseCategoricalCrossEntropy,
  type SparseCategoricalCrossEntropyOptions,
} from "./sparse_categorical_cross_entropy.ts";
export { type TripletLoss, tripletLoss, type TripletLossOptions } from "./triplet_loss.ts";
export { weightedSum, type WeightedSumOptions } from "./weighted_sum.ts";

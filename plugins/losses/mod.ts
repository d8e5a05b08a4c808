/**
 * Losses.
 *
 * @module
 */
export {
  type CategoricalCrossEntropy,
  categoricalCrossEntropy,
  type CategoricalCrossEntropyOptions,
} from "./categorical_cross_entropy.ts";
export {
  type MeanSquaredError,
  meanSquaredError,
  type MeanSquaredErrorOptions,
} from "./mean_squared_error.ts";
export {
  type SparseCategoricalCrossEntropy,
  sparseCategoricalCrossEntropy,
  type SparseCategoricalCrossEntropyOptions,
} from "./sparse_categorical_cross_entropy.ts";

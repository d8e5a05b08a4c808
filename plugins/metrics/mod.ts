/**
 * Metrics.
 *
 * @module
 */
export { accuracy } from "./accuracy.ts";
export type { AreaAverage, AreaOptions } from "./areas.ts";
export type { AveragedOptions, ClassAverage } from "./averages.ts";
export {
  type BinaryAccuracy,
  binaryAccuracy,
  type BinaryAccuracyOptions,
} from "./binary_accuracy.ts";
export { type CategoricalAccuracy, categoricalAccuracy } from "./categorical_accuracy.ts";
export type { ClassificationMetric, LabelsMetric } from "./classes.ts";
export {
  confusionMatrix,
  type ConfusionMatrixOptions,
  type ConfusionShares,
} from "./confusion_matrix.ts";
export { fBeta, type FBetaOptions } from "./f_beta.ts";
export { meanAbsoluteError } from "./mean_absolute_error.ts";
export { meanIoU, type MeanIoUOptions } from "./mean_iou.ts";
export { perplexity } from "./perplexity.ts";
export { prAuc } from "./pr_auc.ts";
export { precision } from "./precision.ts";
export { rSquared } from "./r_squared.ts";
export { recall } from "./recall.ts";
export type { RegressionMetric } from "./regression.ts";
export { rocAuc } from "./roc_auc.ts";
export { rootMeanSquaredError } from "./root_mean_squared_error.ts";
export { type TopKAccuracy, topKAccuracy, type TopKAccuracyOptions } from "./top_k_accuracy.ts";

/**
 * Metrics.
 *
 * @module
 */
export { type Accuracy, accuracy } from "./accuracy.ts";
export { type CategoricalAccuracy, categoricalAccuracy } from "./categorical_accuracy.ts";
export { meanAbsoluteError } from "./mean_absolute_error.ts";
export { rSquared } from "./r_squared.ts";
export type { RegressionMetric } from "./regression.ts";
export { rootMeanSquaredError } from "./root_mean_squared_error.ts";

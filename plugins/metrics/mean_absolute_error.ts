/**
 * Mean absolute error.
 *
 * @module
 */
import { ops } from "../../core/mod.ts";
import { countOf, defineRegressionMetric, type RegressionMetric } from "./regression.ts";

const stage = defineRegressionMetric({
  name: "meanAbsoluteError",
  formula: "error = mean|predictions - targets|",
  sums: ({ predictions, targets }) => ({
    absolute: ops.reduceSum(ops.abs(ops.sub(predictions, targets))),
    count: countOf(predictions),
  }),
  result: ({ absolute, count }) => absolute[0]! / count[0]!,
});

/**
 * `error = mean|predictions - targets|` over all elements, in the unit of the targets.
 *
 * Shapes: `predictions [batch, …], targets [batch, …]`; nothing is broadcast
 *
 * Counterparts: Keras `MeanAbsoluteError`; PyTorch `torchmetrics.MeanAbsoluteError`; TensorFlow.js
 * `metrics.meanAbsoluteError`
 *
 * @returns A metric of `predictions` and `targets`, from 0 on; smaller is better.
 * @throws {TypeError} When the shapes differ, as the pipeline is checked.
 *
 * @example
 * ```ts
 * import {
 *   arrays,
 *   backward,
 *   dense,
 *   meanAbsoluteError,
 *   meanSquaredError,
 *   pipeline,
 *   sgd,
 *   train,
 * } from "@millrace/millrace";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const points = arrays({ x: [[0], [1]], y: [[1], [3]] });
 * const line = dense(1, { kernelInitializer: "zeros" })(points.x);
 * const loss = meanSquaredError()({ predictions: line, targets: points.y });
 * const fit = sgd()(backward()(loss));
 * const score = meanAbsoluteError()({ predictions: line, targets: points.y });
 * const { metrics } = await train(
 *   pipeline({ name: "example", stages: { points, line, loss, fit, score } }),
 *   { device: "reference" },
 * );
 * assertAlmostEquals(metrics.train.score!, (1 + 3) / 2, 1e-6);
 * ```
 */
export function meanAbsoluteError(): RegressionMetric {
  return stage();
}

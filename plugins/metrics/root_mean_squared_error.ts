/**
 * Root of the mean squared error.
 *
 * @module
 */
import { ops } from "../../core/mod.ts";
import { countOf, defineRegressionMetric, type RegressionMetric } from "./regression.ts";

const stage = defineRegressionMetric({
  name: "rootMeanSquaredError",
  formula: "error = √mean((predictions - targets)²)",
  sums: ({ predictions, targets }) => ({
    squares: ops.reduceSum(ops.square(ops.sub(predictions, targets))),
    count: countOf(predictions),
  }),
  result: ({ squares, count }) => Math.sqrt(squares[0]! / count[0]!),
});

/**
 * `error = √mean((predictions - targets)²)` over all elements, in the unit of the targets. The mean
 * is taken over the whole split before the root.
 *
 * Shapes: `predictions [batch, …], targets [batch, …]`; nothing is broadcast
 *
 * Counterparts: Keras `RootMeanSquaredError`; PyTorch
 * `torchmetrics.MeanSquaredError(squared=False)`; TensorFlow.js none
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
 *   meanSquaredError,
 *   pipeline,
 *   rootMeanSquaredError,
 *   sgd,
 *   train,
 * } from "@millrace/millrace";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const points = arrays({ x: [[0], [1]], y: [[1], [3]] });
 * const line = dense(1, { kernelInitializer: "zeros" })(points.x);
 * const loss = meanSquaredError()({ predictions: line, targets: points.y });
 * const fit = sgd()(backward()(loss));
 * const score = rootMeanSquaredError()({ predictions: line, targets: points.y });
 * const { metrics } = await train(
 *   pipeline({ name: "example", stages: { points, line, loss, fit, score } }),
 *   { device: "reference" },
 * );
 * assertAlmostEquals(metrics.train.score!, Math.sqrt((1 ** 2 + 3 ** 2) / 2), 1e-6);
 * ```
 */
export function rootMeanSquaredError(): RegressionMetric {
  return stage();
}

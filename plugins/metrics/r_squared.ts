/**
 * Coefficient of determination.
 *
 * @module
 */
import { ops } from "../../core/mod.ts";
import { defineRegressionMetric, type RegressionMetric } from "./regression.ts";

const stage = defineRegressionMetric({
  name: "rSquared",
  formula: "R² = 1 - Σ(targets - predictions)² / Σ(targets - mean(targets))²",
  sums({ predictions, targets }) {
    return {
      residual: ops.reduceSum(ops.square(ops.sub(targets, predictions)), { axes: [0] }),
      targets: ops.reduceSum(targets, { axes: [0] }),
      squares: ops.reduceSum(ops.square(targets), { axes: [0] }),
      rows: ops.constantLike(targets, targets.spec.shape[0]!),
    };
  },
  result({ residual, targets, squares, rows }) {
    const scores = residual.map((error, column) => {
      const spread = squares[column]! - targets[column]! ** 2 / rows[0]!;
      if (spread > 0) return 1 - error / spread;
      return error === 0 ? 1 : 0;
    });
    return scores.reduce((sum, score) => sum + score, 0) / scores.length;
  },
});

/**
 * `R² = 1 - Σ(targets - predictions)² / Σ(targets - mean(targets))²` for each column of the
 * targets, then the mean over columns: the share of the variance that is explained. Predicting the
 * mean gives 0, worse gives less.
 *
 * Shapes: `predictions [batch, …], targets [batch, …]`; nothing is broadcast
 *
 * Numerics: the spread is `Σt² - (Σt)²/n`, which loses digits when the targets lie far from 0
 * compared with their spread. A column of equal targets scores 1 when predicted exactly, else 0, as
 * in scikit-learn.
 *
 * Counterparts: Keras `R2Score`; PyTorch `torchmetrics.R2Score`; TensorFlow.js `metrics.r2Score`
 *
 * @returns A metric of `predictions` and `targets`, at most 1.
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
 *   rSquared,
 *   sgd,
 *   train,
 * } from "@millrace/millrace";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const points = arrays({ x: [[0], [1]], y: [[1], [3]] });
 * const line = dense(1, { kernelInitializer: "zeros" })(points.x);
 * const loss = meanSquaredError()({ predictions: line, targets: points.y });
 * const fit = sgd()(backward()(loss));
 * const score = rSquared()({ predictions: line, targets: points.y });
 * const { metrics } = await train(
 *   pipeline({ name: "example", stages: { points, line, loss, fit, score } }),
 *   { device: "reference" },
 * );
 * assertAlmostEquals(metrics.train.score!, 1 - (1 ** 2 + 3 ** 2) / (1 ** 2 + 1 ** 2), 1e-6);
 * ```
 */
export function rSquared(): RegressionMetric {
  return stage();
}

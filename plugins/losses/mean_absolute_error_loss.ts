/**
 * Mean absolute error as a loss.
 *
 * @module
 */
import { z } from "zod";
import { lazySchema, ops, type Reduction, type Schema } from "../../core/mod.ts";
import { reductionField } from "../fields.ts";
import { defineRegressionLoss, type RegressionLoss } from "./regression.ts";

/** Options of {@linkcode meanAbsoluteErrorLoss}. */
export interface MeanAbsoluteErrorLossOptions {
  /** How losses of examples become one. Default `"mean"`. */
  readonly reduction?: Reduction | undefined;
}

interface MeanAbsoluteErrorLossConfig {
  readonly reduction: Reduction;
}

const config: Schema<MeanAbsoluteErrorLossOptions, MeanAbsoluteErrorLossConfig> = lazySchema(() =>
  z.strictObject({
    reduction: reductionField(),
  })
);

const stage = defineRegressionLoss({
  name: "meanAbsoluteErrorLoss",
  config,
  formula: "loss = mean|predictions - targets|",
  elementwise: ({ predictions, targets }) => ops.abs(ops.sub(predictions, targets)),
});

/**
 * `loss = mean|predictions - targets|`: over all axes of an example, then over the batch. Outliers
 * pull less than with the mean squared error; at its least it predicts the median.
 *
 * Shapes: `predictions [batch, …], targets [batch, …] -> []`; nothing is broadcast
 *
 * Gradient: `∂loss/∂predictions = sign(predictions - targets) / n`, with `n` the number of elements;
 * 0 where they are equal
 *
 * Differs: as Keras's `MeanAbsoluteError` and PyTorch's `L1Loss`; the name ends in `Loss` because
 * `meanAbsoluteError` is the metric. `reduction: "sum"` sums over examples the mean over an
 * example's elements, as Keras does; PyTorch sums over all elements.
 *
 * Counterparts: Keras `MeanAbsoluteError`; PyTorch `L1Loss`; TensorFlow.js
 * `losses.absoluteDifference`
 *
 * @returns A loss of `predictions` and `targets`, and of `sampleWeight` where given.
 * @throws {TypeError} When the shapes differ, as the pipeline is checked.
 *
 * @example
 * ```ts
 * import {
 *   arrays,
 *   backward,
 *   dense,
 *   meanAbsoluteErrorLoss,
 *   pipeline,
 *   sgd,
 *   train,
 * } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const points = arrays({ x: [[0], [1]], y: [[1], [3]] });
 * const line = dense(1, { kernelInitializer: "zeros" })(points.x);
 * const loss = meanAbsoluteErrorLoss()({ predictions: line, targets: points.y });
 * const fit = sgd()(backward()(loss));
 * const { loss: first } = await train(
 *   pipeline({ name: "example", stages: { points, line, loss, fit } }),
 *   { device: "reference" },
 * );
 * assertEquals(first, (1 + 3) / 2);
 * ```
 */
export function meanAbsoluteErrorLoss(options: MeanAbsoluteErrorLossOptions = {}): RegressionLoss {
  return stage(options);
}

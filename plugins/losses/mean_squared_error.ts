/**
 * Mean squared error.
 *
 * @module
 */
import { z } from "zod";
import { lazySchema, ops, type Reduction, type Schema } from "../../core/mod.ts";
import { reductionField } from "../fields.ts";
import { defineRegressionLoss, type RegressionLoss } from "./regression.ts";

/** Options of {@linkcode meanSquaredError}. */
export interface MeanSquaredErrorOptions {
  /** How losses of examples become one. Default `"mean"`. */
  readonly reduction?: Reduction | undefined;
}

interface MeanSquaredErrorConfig {
  readonly reduction: Reduction;
}

const config: Schema<MeanSquaredErrorOptions, MeanSquaredErrorConfig> = lazySchema(() =>
  z.strictObject({
    reduction: reductionField(),
  })
);

const stage = defineRegressionLoss({
  name: "meanSquaredError",
  config,
  formula: "loss = mean((predictions - targets)²)",
  elementwise: ({ predictions, targets }) => ops.square(ops.sub(predictions, targets)),
});

/**
 * `loss = mean((predictions - targets)²)`: over all axes of an example, then over the batch.
 *
 * Shapes: `predictions [batch, …], targets [batch, …] -> []`; nothing is broadcast
 *
 * Gradient: `∂loss/∂predictions = 2 (predictions - targets) / n`, with `n` the number of elements
 *
 * Differs: `reduction: "sum"` sums over examples the mean over an example's elements, as Keras
 * does; PyTorch sums over all elements.
 *
 * Counterparts: Keras `MeanSquaredError`; PyTorch `MSELoss`; TensorFlow.js
 * `losses.meanSquaredError`
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
 *   meanSquaredError,
 *   pipeline,
 *   sgd,
 *   train,
 * } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const points = arrays({ x: [[0], [1]], y: [[1], [3]] });
 * const line = dense(1, { kernelInitializer: "zeros" })(points.x);
 * const loss = meanSquaredError()({ predictions: line, targets: points.y });
 * const fit = sgd()(backward()(loss));
 * const { loss: first } = await train(
 *   pipeline({ name: "example", stages: { points, line, loss, fit } }),
 *   { device: "reference" },
 * );
 * assertEquals(first, (1 ** 2 + 3 ** 2) / 2);
 * ```
 */
export function meanSquaredError(options: MeanSquaredErrorOptions = {}): RegressionLoss {
  return stage(options);
}

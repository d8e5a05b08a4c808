/**
 * Mean absolute percentage error.
 *
 * @module
 */
import { z } from "zod";
import { lazySchema, ops, type Reduction, type Schema } from "../../core/mod.ts";
import { reductionField } from "../fields.ts";
import { defineRegressionLoss, type RegressionLoss } from "./regression.ts";

/** Options of {@linkcode meanAbsolutePercentageError}. */
export interface MeanAbsolutePercentageErrorOptions {
  /** The least that an error is divided by, in the unit of the targets. Default 1e-7. */
  readonly epsilon?: number | undefined;
  /** How losses of examples become one. Default `"mean"`. */
  readonly reduction?: Reduction | undefined;
}

interface MeanAbsolutePercentageErrorConfig {
  readonly epsilon: number;
  readonly reduction: Reduction;
}

const config: Schema<MeanAbsolutePercentageErrorOptions, MeanAbsolutePercentageErrorConfig> =
  lazySchema(() =>
    z
      .strictObject({
        epsilon: z.number().positive().default(1e-7).describe(
          "The least that an error is divided by, in the unit of the targets",
        ),
        reduction: reductionField(),
      })
  );

const stage = defineRegressionLoss({
  name: "meanAbsolutePercentageError",
  config,
  formula: "loss = 100 · mean(|predictions - targets| / max(|targets|, epsilon))",
  elementwise({ predictions, targets }, { epsilon }) {
    const size = ops.maximum(ops.abs(targets), epsilon);
    return ops.mul(ops.div(ops.abs(ops.sub(predictions, targets)), size), 100);
  },
});

/**
 * `loss = 100 · mean(|predictions - targets| / max(|targets|, epsilon))`, in percent: over all axes
 * of an example, then over the batch. For targets that lie well away from 0.
 *
 * Shapes: `predictions [batch, …], targets [batch, …] -> []`; nothing is broadcast
 *
 * Gradient: `∂loss/∂predictions = 100 · sign(predictions - targets) / (n · max(|targets|, epsilon))`,
 * with `n` the number of elements
 *
 * Differs: as Keras's `MeanAbsolutePercentageError`, whose epsilon is fixed; PyTorch has none.
 * `reduction: "sum"` sums over examples the mean over an example's elements.
 *
 * Counterparts: Keras `MeanAbsolutePercentageError`; PyTorch none; TensorFlow.js
 * `metrics.meanAbsolutePercentageError`
 *
 * @param options.epsilon Above 0, in the unit of the targets; default 1e-7.
 * @returns A loss of `predictions` and `targets`, and of `sampleWeight` where given.
 * @throws {TypeError} When the shapes differ, as the pipeline is checked.
 *
 * @example
 * ```ts
 * import {
 *   arrays,
 *   backward,
 *   dense,
 *   meanAbsolutePercentageError,
 *   pipeline,
 *   sgd,
 *   train,
 * } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const points = arrays({ x: [[0], [1]], y: [[1], [3]] });
 * const line = dense(1, { kernelInitializer: "zeros" })(points.x);
 * const loss = meanAbsolutePercentageError()({ predictions: line, targets: points.y });
 * const fit = sgd()(backward()(loss));
 * const { loss: first } = await train(
 *   pipeline({ name: "example", stages: { points, line, loss, fit } }),
 *   { device: "reference" },
 * );
 * assertEquals(first, 100); // 0 is off by all of every target
 * ```
 */
export function meanAbsolutePercentageError(
  options: MeanAbsolutePercentageErrorOptions = {},
): RegressionLoss {
  return stage(options);
}

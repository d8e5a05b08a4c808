/**
 * F-beta score of classes.
 *
 * @module
 */
import { z } from "zod";
import { lazySchema, type Schema } from "../../core/mod.ts";
import {
  type AveragedConfig,
  averagedFields,
  type AveragedOptions,
  defineAveragedMetric,
  shareOf,
} from "./averages.ts";
import type { ClassificationMetric } from "./classes.ts";

/** Options of {@linkcode fBeta}. */
export interface FBetaOptions extends AveragedOptions {
  /** How much more recall counts than precision. Default 1. */
  readonly beta?: number | undefined;
}

interface FBetaConfig extends AveragedConfig {
  readonly beta: number;
}

const config: Schema<FBetaOptions, FBetaConfig> = lazySchema(() =>
  z.strictObject({
    ...averagedFields,
    beta: z.number().positive().default(1).describe("How much more recall counts than precision"),
  })
);

const stage = defineAveragedMetric({
  name: "fBeta",
  config,
  formula: "F_c = (1 + beta²) · hits_c / (beta² · actual_c + predicted_c)",
  value: ({ hits, predicted, actual }, { beta }) =>
    shareOf((1 + beta ** 2) * hits, beta ** 2 * actual + predicted),
});

/**
 * `F_c = (1 + beta²) · precision_c · recall_c / (beta² · precision_c + recall_c)`: the harmonic mean of
 * precision and recall, where recall counts `beta` times as much; F1 unless told otherwise. Of all
 * classes, or of each.
 *
 * Shapes: `logits [batch, classes], labels [batch]`; `logits [batch] or [batch, 1], labels [batch]` of 2
 * classes; or `logits [batch, …, classes], targets [batch, …, classes]`, one-hot or probabilities;
 * nothing is broadcast
 *
 * Numerics: rows are counted as whole numbers, so the result does not depend on batch size. Where there
 * is nothing to divide by the value of a class is 0, as in scikit-learn, which warns of it: such a
 * class has not been recognized.
 *
 * Differs: as Keras's `FBetaScore`, whose average is `"none"` unless told otherwise, and scikit-learn's
 * `fbeta_score`, which takes `"binary"`.
 *
 * Counterparts: Keras `FBetaScore`; PyTorch `torchmetrics.FBetaScore`; TensorFlow.js none
 *
 * @param options.beta Above 0; default 1.
 * @param options.average `"macro"` (default), the mean over the classes that occur among the labels or
 * predictions, as in scikit-learn; `"weighted"`, that mean weighted by the rows of each class;
 * `"micro"`, all classes counted together, which here is the accuracy; `"binary"`, class 1 of two;
 * `"none"`, a table with a row for each class.
 * @param options.threshold Above 0 and below 1: probability above which one score stands for class 1.
 * @returns A metric of `logits` and `labels` or `targets`, from 0 to 1, or a table.
 * @throws {TypeError} When shapes do not fit, not one of labels and targets is connected, or the average
 * is `"binary"` of other than 2 classes, as the pipeline is checked.
 *
 * @example
 * ```ts
 * import {
 *   arrays,
 *   backward,
 *   dense,
 *   fBeta,
 *   pipeline,
 *   sgd,
 *   sparseCategoricalCrossEntropy,
 *   train,
 * } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const table = arrays({ x: [[0, 1], [1, 0]], kind: { values: [2, 0], classes: 3 } });
 * const logits = dense(3, { kernelInitializer: "zeros" })(table.x);
 * const loss = sparseCategoricalCrossEntropy()({ logits, labels: table.kind });
 * const fit = sgd()(backward()(loss));
 * const score = fBeta({ beta: 2 })({ logits, labels: table.kind });
 * const { metrics } = await train(
 *   pipeline({ name: "example", stages: { table, logits, loss, fit, score } }),
 *   { device: "reference" },
 * );
 * assertEquals(metrics.train.score, 5 / (4 + 2) / 2); // all are given class 0, none class 2
 * ```
 */
export function fBeta(options: FBetaOptions = {}): ClassificationMetric {
  return stage(options);
}

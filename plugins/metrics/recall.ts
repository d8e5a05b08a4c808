/**
 * Recall of classes.
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

const config: Schema<AveragedOptions, AveragedConfig> = lazySchema(() =>
  z.strictObject({ ...averagedFields })
);

const stage = defineAveragedMetric({
  name: "recall",
  config,
  formula: "recall_c = rows of class c given c / rows of class c",
  value: ({ hits, actual }) => shareOf(hits, actual),
});

/**
 * `recall_c = (rows of class c that are given c) / (rows of class c)`: how much of a class is found; of
 * all classes, or of each. The macro average is known as balanced accuracy.
 *
 * Shapes: `logits [batch, classes], labels [batch]`; `logits [batch] or [batch, 1], labels [batch]` of 2
 * classes; or `logits [batch, …, classes], targets [batch, …, classes]`, one-hot or probabilities;
 * nothing is broadcast
 *
 * Numerics: rows are counted as whole numbers, so the result does not depend on batch size. Where there
 * is nothing to divide by the value of a class is 0, as in scikit-learn, which warns of it: such a
 * class has not been recognized.
 *
 * Differs: Keras's `Recall` counts all classes together, as `"micro"`; scikit-learn's `recall_score` takes
 * `"binary"` unless told otherwise.
 *
 * Counterparts: Keras `Recall`; PyTorch `torchmetrics.Recall`; TensorFlow.js `metrics.recall`
 *
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
 *   pipeline,
 *   recall,
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
 * const score = recall()({ logits, labels: table.kind });
 * const { metrics } = await train(
 *   pipeline({ name: "example", stages: { table, logits, loss, fit, score } }),
 *   { device: "reference" },
 * );
 * assertEquals(metrics.train.score, (1 + 0) / 2); // all are given class 0, none class 2
 * ```
 */
export function recall(options: AveragedOptions = {}): ClassificationMetric {
  return stage(options);
}

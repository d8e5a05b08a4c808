/**
 * Share of rows whose largest score is that of their class.
 *
 * @module
 */
import { z } from "zod";
import { defineMetric, lazySchema, ops } from "../../core/mod.ts";
import { classesOf, type LabelsMetric, labelsPorts } from "./classes.ts";

const stage = defineMetric<LabelsMetric>()({
  name: "accuracy",
  config: lazySchema(() => z.strictObject({})),
  formula: "accuracy = mean[argmax(logits) = label]",
  inputs: labelsPorts,
  sums({ logits, labels }) {
    const classes = classesOf({ logits, labels, targets: undefined }, { threshold: 0.5 });
    const hits = ops.equal(classes.predicted, classes.actual);
    return {
      hits: ops.reduceSum(hits),
      rows: ops.constantLike(hits, logits.spec.shape[0]!),
    };
  },
  result: ({ hits, rows }) => hits[0]! / rows[0]!,
});

/**
 * `accuracy = mean[argmax(logits) = label]`: the share of rows whose largest score is that of their
 * class. Scores for each class may as well be probabilities: only their order counts. One score per row
 * is the logarithm of the odds of class 1 of two.
 *
 * Shapes: `logits [batch, classes], labels [batch]`, or `logits [batch] or [batch, 1], labels [batch]`
 * of 2 classes
 *
 * Numerics: among equal scores the first counts; hits are added up as whole numbers.
 *
 * Counterparts: Keras `SparseCategoricalAccuracy`; PyTorch `torchmetrics.Accuracy`; TensorFlow.js
 * `metrics.sparseCategoricalAccuracy`
 *
 * @returns A metric of `logits` and `labels`, from 0 to 1.
 * @throws {TypeError} When there are not as many scores as classes, as the pipeline is checked.
 *
 * @example
 * ```ts
 * import {
 *   accuracy,
 *   arrays,
 *   backward,
 *   dense,
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
 * const score = accuracy()({ logits, labels: table.kind });
 * const { metrics } = await train(
 *   pipeline({ name: "example", stages: { table, logits, loss, fit, score } }),
 *   { device: "reference" },
 * );
 * assertEquals(metrics.train.score, 0.5); // equal scores: class 0 is taken
 * ```
 */
export function accuracy(): LabelsMetric {
  return stage({});
}

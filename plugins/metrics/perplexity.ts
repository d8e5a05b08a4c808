/**
 * Perplexity.
 *
 * @module
 */
import { z } from "zod";
import { defineMetric, lazySchema, ops, sizeOf } from "../../core/mod.ts";
import { requireOneOf, requireScores, requireVectors } from "../shapes.ts";
import { type ClassificationMetric, classPorts } from "./classes.ts";

const stage = defineMetric<ClassificationMetric>()({
  name: "perplexity",
  config: lazySchema(() => z.strictObject({})),
  formula: "perplexity = exp(mean(log Σ_j exp(logits_j) - logits_label))",
  inputs: classPorts,
  sums({ logits, labels, targets }) {
    requireOneOf({ labels, targets });
    let surprise;
    if (labels !== undefined) {
      requireScores("logits", logits, labels);
      // chosen, not multiplied: -inf · 0 is NaN
      const chosen = ops.where(ops.oneHot(labels.value, labels.classes), logits, 0);
      surprise = ops.sub(ops.logSumExp(logits), ops.reduceSum(chosen, { axes: [-1] }));
    } else {
      requireVectors({ logits, targets: targets! }, "classes");
      const parts = ops.sub(ops.logSumExp(logits, { keepDims: true }), logits);
      surprise = ops.reduceSum(ops.mul(targets!, parts), { axes: [-1] });
    }
    return {
      surprise: ops.reduceSum(surprise),
      places: ops.constantLike(surprise, sizeOf(surprise.spec.shape)),
    };
  },
  result: ({ surprise, places }) => Math.exp(surprise[0]! / places[0]!),
});

/**
 * `perplexity = exp(mean(-log softmax(logits)_label))`: among how many equally likely classes a model is
 * left to guess. The mean is taken over all rows and places of the split before the exponential.
 *
 * Shapes: `logits [batch, classes], labels [batch]`, or
 * `logits [batch, …, classes], targets [batch, …, classes]`, one-hot or probabilities; nothing is
 * broadcast
 *
 * Numerics: logarithms of probabilities as in `sparseCategoricalCrossEntropy`, added up in float64 over
 * batches.
 *
 * Differs: as KerasHub's `Perplexity` from logits and torchmetrics' of probabilities.
 *
 * Counterparts: Keras none; PyTorch `torchmetrics.text.Perplexity`; TensorFlow.js none
 *
 * @returns A metric of `logits` and `labels` or `targets`, from 1 on; smaller is better.
 * @throws {TypeError} When shapes do not fit, or not one of labels and targets is connected, as the
 * pipeline is checked.
 *
 * @example
 * ```ts
 * import {
 *   arrays,
 *   backward,
 *   dense,
 *   perplexity,
 *   pipeline,
 *   sgd,
 *   sparseCategoricalCrossEntropy,
 *   train,
 * } from "@millrace/millrace";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const table = arrays({ x: [[0, 1], [1, 0]], kind: { values: [2, 0], classes: 3 } });
 * const logits = dense(3, { kernelInitializer: "zeros" })(table.x);
 * const loss = sparseCategoricalCrossEntropy()({ logits, labels: table.kind });
 * const fit = sgd()(backward()(loss));
 * const score = perplexity()({ logits, labels: table.kind });
 * const { metrics } = await train(
 *   pipeline({ name: "example", stages: { table, logits, loss, fit, score } }),
 *   { device: "reference" },
 * );
 * assertAlmostEquals(metrics.train.score!, 3, 1e-5); // equal scores for 3 classes
 * ```
 */
export function perplexity(): ClassificationMetric {
  return stage({});
}

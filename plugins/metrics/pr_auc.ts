/**
 * Area under the curve of precision over recall.
 *
 * @module
 */
import { type AreaOptions, defineAreaMetric } from "./areas.ts";
import type { ClassificationMetric } from "./classes.ts";

const stage = defineAreaMetric({
  name: "prAuc",
  formula: "area = Σ_t (recall_t - recall_(t-1)) · precision_t",
  column: "area",
  area(ties, total) {
    let hits = 0;
    let taken = 0;
    let area = 0;
    for (const { positive, negative } of ties) {
      hits += positive;
      taken += positive + negative;
      area += positive * hits / taken;
    }
    return total.positive === 0 ? 0 : area / total.positive;
  },
  isDefined: ({ positive }) => positive > 0,
});

/**
 * Area under the curve of precision over recall, as the threshold falls, in steps:
 * `Σ_t (recall_t - recall_(t-1)) · precision_t` (average precision). For classes of which one is rare;
 * chance is the share of the class.
 *
 * Shapes: `logits [batch, classes], labels [batch]`; `logits [batch] or [batch, 1], labels [batch]` of 2
 * classes; or `logits [batch, …, questions], targets [batch, …, questions]` of 0 and 1, where each
 * question is a class of its own; nothing is broadcast
 *
 * Numerics: exact over all rows, for any batch size: nothing is binned, and rows of equal scores are
 * taken together. Of more than two classes, `log softmax` of the scores is compared, one class against
 * the rest. A class without rows has 0, as in scikit-learn, which warns of it: there is nothing to
 * recall. It is left out of averages.
 *
 * Memory: the scores of all rows are kept on the host until the epoch or split ends, 4 bytes for each
 * score and 1 to 4 for each row's label, and twice that while they grow; a checkpoint within an epoch
 * has those of the training rows so far.
 *
 * Differs: Keras's `AUC(curve="PR")` takes 200 thresholds and interpolates; this is scikit-learn's
 * `average_precision_score`, whose macro average counts absent classes as 0.
 *
 * Counterparts: Keras `AUC(curve="PR")`; PyTorch `torchmetrics.AveragePrecision`; TensorFlow.js
 * none
 *
 * @param options.average Of several classes, `"macro"` (default), the mean over those whose area is
 * defined; `"weighted"`, that mean weighted by the rows of each; `"micro"`, the area of all scores
 * together; `"none"`, a table with a row for each class. Of two classes it is always that of class 1.
 * @returns A metric of `logits` and `labels` or `targets`, from 0 to 1, or a table.
 * @throws {TypeError} When shapes do not fit, or not one of labels and targets is connected, as the
 * pipeline is checked.
 *
 * @example
 * ```ts
 * import {
 *   arrays,
 *   backward,
 *   binaryCrossEntropy,
 *   dense,
 *   pipeline,
 *   prAuc,
 *   sgd,
 *   train,
 * } from "@millrace/millrace";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const table = arrays({
 *   x: [[1], [2], [3], [4]],
 *   kind: { values: [0, 1, 0, 1], classes: ["no", "yes"] },
 * });
 * const logits = dense(1, { kernelInitializer: "ones" })(table.x);
 * const loss = binaryCrossEntropy()({ logits, labels: table.kind });
 * const fit = sgd({ learningRate: 1e-9 })(backward()(loss));
 * const area = prAuc()({ logits, labels: table.kind });
 * const { metrics } = await train(
 *   pipeline({ name: "example", stages: { table, logits, loss, fit, area } }),
 *   { device: "reference" },
 * );
 * assertAlmostEquals(metrics.train.area!, (1 / 1 + 2 / 3) / 2, 1e-12); // the second of the class comes after one that is not
 * ```
 */
export function prAuc(options: AreaOptions = {}): ClassificationMetric {
  return stage(options);
}

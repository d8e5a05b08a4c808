/**
 * Area under the receiver operating characteristic.
 *
 * @module
 */
import { type AreaOptions, defineAreaMetric } from "./areas.ts";
import type { ClassificationMetric } from "./classes.ts";

const stage = defineAreaMetric({
  name: "rocAuc",
  formula: "area = P(score of a row of the class > score of another row) + P(equal) / 2",
  column: "area",
  area(ties, total) {
    let above = 0;
    let area = 0;
    for (const { positive, negative } of ties) {
      area += negative * (above + positive / 2);
      above += positive;
    }
    return area / (total.positive * total.negative);
  },
  isDefined: ({ positive, negative }) => positive > 0 && negative > 0,
});

/**
 * Area under the curve of true positive rate over false positive rate, as the threshold falls: the
 * probability that a row of the class is given a higher score than one that is not, ties by half. ½
 * is chance.
 *
 * Shapes: `logits [batch, classes], labels [batch]`; `logits [batch] or [batch, 1], labels [batch]` of 2
 * classes; or `logits [batch, …, questions], targets [batch, …, questions]` of 0 and 1, where each
 * question is a class of its own; nothing is broadcast
 *
 * Numerics: exact over all rows, for any batch size: nothing is binned. Of more than two classes,
 * `log softmax` of the scores is compared, one class against the rest. A class that has no rows, or
 * all, has no area: NaN in the table, left out of averages, and NaN where no class is left.
 *
 * Memory: the scores of all rows are kept on the host until the epoch or split ends, 4 bytes for each
 * score and 1 to 4 for each row's label, and twice that while they grow; a checkpoint within an epoch
 * has those of the training rows so far.
 *
 * Differs: Keras's `AUC` takes 200 thresholds, and their trapezoids; this is scikit-learn's
 * `roc_auc_score` with `multi_class="ovr"`, which fails or gives NaN when one class is absent.
 *
 * Counterparts: Keras `AUC`; PyTorch `torchmetrics.AUROC`; TensorFlow.js none
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
 *   rocAuc,
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
 * const area = rocAuc()({ logits, labels: table.kind });
 * const { metrics } = await train(
 *   pipeline({ name: "example", stages: { table, logits, loss, fit, area } }),
 *   { device: "reference" },
 * );
 * assertAlmostEquals(metrics.train.area!, 3 / 4, 1e-12); // of 4 pairs, 3 are in order
 * ```
 */
export function rocAuc(options: AreaOptions = {}): ClassificationMetric {
  return stage(options);
}

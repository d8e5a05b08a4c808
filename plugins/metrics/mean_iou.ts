/**
 * Intersection over union of classes.
 *
 * @module
 */
import { z } from "zod";
import { defineMetric, lazySchema, type Schema } from "../../core/mod.ts";
import { averaged, shareOf } from "./averages.ts";
import {
  classesOf,
  type ClassificationMetric,
  classPorts,
  classSums,
  namesOf,
  thresholdField,
} from "./classes.ts";

/** Options of {@linkcode meanIoU}. */
export interface MeanIoUOptions {
  /** The mean over classes, or a table with a row for each. Default `"macro"`. */
  readonly average?: "macro" | "none" | undefined;
  /** Probability above which one score stands for class 1. Default 0.5. */
  readonly threshold?: number | undefined;
}

interface MeanIoUConfig {
  readonly average: "macro" | "none";
  readonly threshold: number;
}

const config: Schema<MeanIoUOptions, MeanIoUConfig> = lazySchema(() =>
  z.strictObject({
    average: z.enum(["macro", "none"]).default("macro").describe(
      "The mean over classes, or none: a table with a row for each class",
    ),
    threshold: thresholdField(),
  })
);

const stage = defineMetric<ClassificationMetric>()({
  name: "meanIoU",
  config,
  formula: "IoU_c = hits_c / (actual_c + predicted_c - hits_c), mean over c",
  inputs: classPorts,
  sums: (inputs, { config }) => ({ ...classSums(classesOf(inputs, config)) }),
  result({ hits, predicted, actual }, { config, classes }) {
    const counts = Array.from(hits, (hits, i) => (
      { hits, predicted: predicted[i]!, actual: actual[i]! }
    ));
    return averaged(counts, {
      average: config.average,
      value: ({ hits, predicted, actual }) => shareOf(hits, predicted + actual - hits),
      column: "IoU",
      classes: namesOf(classes, counts.length),
    });
  },
});

/**
 * `IoU_c = hits_c / (actual_c + predicted_c - hits_c)`: the places that have a class and are given it,
 * among those that have it or are given it (Jaccard's index); the mean over the classes that occur, or
 * each. Every pixel of a segmented image is a place.
 *
 * Shapes: `logits [batch, classes], labels [batch]`; `logits [batch] or [batch, 1], labels [batch]` of 2
 * classes; or `logits [batch, …, classes], targets [batch, …, classes]`, one-hot or probabilities;
 * nothing is broadcast
 *
 * Numerics: places are counted as whole numbers, so the result does not depend on batch size. A class
 * that neither occurs nor is predicted is left out of the mean; in the table it has 0.
 *
 * Differs: as Keras's `MeanIoU`; scikit-learn's `jaccard_score` with `average="macro"`.
 *
 * Counterparts: Keras `MeanIoU`; PyTorch `torchmetrics.JaccardIndex`; TensorFlow.js none
 *
 * @param options.average `"macro"` (default), or `"none"`: a table with a row for each class.
 * @param options.threshold Above 0 and below 1: probability above which one score stands for class 1.
 * @returns A metric of `logits` and `labels` or `targets`, from 0 to 1, or a table.
 * @throws {TypeError} When shapes do not fit, or not one of labels and targets is connected, as the
 * pipeline is checked.
 *
 * @example
 * ```ts
 * import {
 *   arrays,
 *   backward,
 *   dense,
 *   meanIoU,
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
 * const score = meanIoU()({ logits, labels: table.kind });
 * const { metrics } = await train(
 *   pipeline({ name: "example", stages: { table, logits, loss, fit, score } }),
 *   { device: "reference" },
 * );
 * assertEquals(metrics.train.score, (1 / 2 + 0) / 2); // all are given class 0, none class 2
 * ```
 */
export function meanIoU(options: MeanIoUOptions = {}): ClassificationMetric {
  return stage(options);
}

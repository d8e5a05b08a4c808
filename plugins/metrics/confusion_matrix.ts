/**
 * Confusion matrix.
 *
 * @module
 */
import { z } from "zod";
import { defineMetric, lazySchema, type Schema } from "../../core/mod.ts";
import { shareOf } from "./averages.ts";
import {
  classesOf,
  type ClassificationMetric,
  classPorts,
  namesOf,
  pairsOf,
  thresholdField,
} from "./classes.ts";

/** What the counts of a confusion matrix are divided by. */
export type ConfusionShares = "none" | "true" | "predicted" | "all";

/** Options of {@linkcode confusionMatrix}. */
export interface ConfusionMatrixOptions {
  /** Divides by the rows of the true class, of the predicted class, or by all. Default `"none"`: counts. */
  readonly normalize?: ConfusionShares | undefined;
  /** Probability above which one score stands for class 1. Default 0.5. */
  readonly threshold?: number | undefined;
}

interface ConfusionMatrixConfig {
  readonly normalize: ConfusionShares;
  readonly threshold: number;
}

const config: Schema<ConfusionMatrixOptions, ConfusionMatrixConfig> = lazySchema(() =>
  z.strictObject({
    normalize: z.enum(["none", "true", "predicted", "all"]).default("none").describe(
      "Divides by the rows of the true class, of the predicted class, or by all",
    ),
    threshold: thresholdField(),
  })
);

const stage = defineMetric<ClassificationMetric>()({
  name: "confusionMatrix",
  config,
  formula: "count_ij = rows of class i given class j",
  inputs: classPorts,
  sums(inputs, { config }) {
    return { counts: pairsOf(classesOf(inputs, config)) };
  },
  result({ counts }, { config, classes }) {
    const size = Math.sqrt(counts.length);
    const names = namesOf(classes, size);
    const rows = names.map((_, i) => [...counts.subarray(i * size, (i + 1) * size)]);
    const sumOf = (numbers: readonly number[]) => numbers.reduce((sum, number) => sum + number, 0);
    const actual = rows.map(sumOf);
    const predicted = names.map((_, j) => sumOf(rows.map((row) => row[j]!)));
    const whole = (i: number, j: number) => {
      switch (config.normalize) {
        case "none":
          return 1;
        case "true":
          return actual[i]!;
        case "predicted":
          return predicted[j]!;
        case "all":
          return sumOf(actual);
      }
    };
    return {
      rowTitle: "true class",
      columnTitle: "predicted class",
      rows: names,
      columns: names,
      values: rows.map((row, i) => row.map((count, j) => shareOf(count, whole(i, j)))),
    };
  },
});

/**
 * `count_ij`: how many rows of class `i` are given class `j`; a table with a row for each true class and
 * a column for each predicted class. It is printed after training, drawn in the report, and in
 * `run.json` and `--json` under `tables`.
 *
 * Shapes: `logits [batch, classes], labels [batch]`; `logits [batch] or [batch, 1], labels [batch]` of 2
 * classes; or `logits [batch, …, classes], targets [batch, …, classes]`, one-hot or probabilities;
 * nothing is broadcast
 *
 * Numerics: rows are counted as whole numbers, so the result does not depend on batch size. Shares of
 * a class that does not occur are 0.
 *
 * Differs: as scikit-learn's `confusion_matrix`.
 *
 * Counterparts: Keras none; PyTorch `torchmetrics.ConfusionMatrix`; TensorFlow.js
 * `math.confusionMatrix`
 *
 * @param options.normalize `"none"` (default) for counts; `"true"`, `"predicted"` or `"all"` for shares
 * of the rows of the true class, of the predicted class, or of all.
 * @param options.threshold Above 0 and below 1: probability above which one score stands for class 1.
 * @returns A metric of `logits` and `labels` or `targets` that is a table.
 * @throws {TypeError} When shapes do not fit, or not one of labels and targets is connected, as the
 * pipeline is checked.
 *
 * @example
 * ```ts
 * import {
 *   arrays,
 *   backward,
 *   confusionMatrix,
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
 * const score = confusionMatrix()({ logits, labels: table.kind });
 * const { tables } = await train(
 *   pipeline({ name: "example", stages: { table, logits, loss, fit, score } }),
 *   { device: "reference" },
 * );
 * assertEquals(tables?.train.score?.values, [[1, 0, 0], [0, 0, 0], [1, 0, 0]]); // all are given 0
 * ```
 */
export function confusionMatrix(options: ConfusionMatrixOptions = {}): ClassificationMetric {
  return stage(options);
}

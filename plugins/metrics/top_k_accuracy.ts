/**
 * Share of rows whose class is among the best.
 *
 * @module
 */
import { z } from "zod";
import {
  defineMetric,
  type Dim,
  lazySchema,
  type MatchingLabels,
  type Metric,
  ops,
  type Schema,
  type Tensor,
} from "../../core/mod.ts";
import { requireScores } from "../shapes.ts";

/** Options of {@linkcode topKAccuracy}. */
export interface TopKAccuracyOptions {
  /** How many of the highest scores count. Default 5. */
  readonly k?: number | undefined;
}

/** Signature of {@linkcode topKAccuracy}. */
export type TopKAccuracy = <B extends Dim, C extends number>(inputs: {
  readonly logits: Tensor<readonly [B, C]>;
  readonly labels: MatchingLabels<B, C>;
}) => Metric;

interface TopKAccuracyConfig {
  readonly k: number;
}

const config: Schema<TopKAccuracyOptions, TopKAccuracyConfig> = lazySchema(() =>
  z.strictObject({
    k: z.int().min(1).default(5).describe("How many of the highest scores count"),
  })
);

const stage = defineMetric<TopKAccuracy>()({
  name: "topKAccuracy",
  config,
  formula: "accuracy = mean[label among the k highest logits]",
  inputs: { logits: { kind: "tensor", dtypes: ["f32"], rank: 2 }, labels: { kind: "labels" } },
  sums({ logits, labels }, { config: { k } }) {
    requireScores("logits", logits, labels);
    const { classes } = labels;
    if (k > classes) {
      throw new RangeError(
        `Cannot take the best of ${classes} classes: received k ${k}, expected at most ${classes}`,
      );
    }
    const label = ops.expandDims(ops.cast(labels.value, "i32"), [-1]);
    const place = ops.iota(logits.builder, { shape: [classes], axis: 0, dtype: "i32" });
    const isOwn = ops.equal(label, place);
    const own = ops.reduceSum(ops.where(isOwn, logits, 0), { axes: [-1], keepDims: true });
    const before = ops.mul(ops.equal(logits, own), ops.less(place, label));
    const rank = ops.reduceSum(ops.add(ops.greater(logits, own), before), { axes: [-1] });
    const hits = ops.less(rank, k);
    return {
      hits: ops.reduceSum(hits),
      rows: ops.constantLike(hits, logits.spec.shape[0]!),
    };
  },
  result: ({ hits, rows }) => hits[0]! / rows[0]!,
});

/**
 * `accuracy = mean[label among the k highest logits]`: the share of rows whose class is among the `k`
 * that they are given with the highest scores.
 *
 * Shapes: `logits [batch, classes], labels [batch]`
 *
 * Numerics: among equal scores the first count, so that `k: 1` is `accuracy`; hits are added up as
 * whole numbers.
 *
 * Differs: Keras's `SparseTopKCategoricalAccuracy` counts all of the scores that are equal to the
 * last; scikit-learn's `top_k_accuracy_score` takes the last of equal scores first.
 *
 * Counterparts: Keras `SparseTopKCategoricalAccuracy`; PyTorch `torchmetrics.Accuracy(top_k=…)`;
 * TensorFlow.js none
 *
 * @param options.k From 1 to the number of classes; default 5.
 * @returns A metric of `logits` and `labels`, from 0 to 1.
 * @throws {TypeError} When there are not as many scores as classes, as the pipeline is checked.
 * @throws {RangeError} When there are fewer than `k` classes, as the pipeline is checked.
 *
 * @example
 * ```ts
 * import {
 *   arrays,
 *   backward,
 *   dense,
 *   pipeline,
 *   sgd,
 *   sparseCategoricalCrossEntropy,
 *   topKAccuracy,
 *   train,
 * } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const table = arrays({ x: [[0, 1], [1, 0]], kind: { values: [2, 0], classes: 3 } });
 * const logits = dense(3, { kernelInitializer: "zeros" })(table.x);
 * const loss = sparseCategoricalCrossEntropy()({ logits, labels: table.kind });
 * const fit = sgd()(backward()(loss));
 * const score = topKAccuracy({ k: 2 })({ logits, labels: table.kind });
 * const { metrics } = await train(
 *   pipeline({ name: "example", stages: { table, logits, loss, fit, score } }),
 *   { device: "reference" },
 * );
 * assertEquals(metrics.train.score, 0.5); // equal scores: classes 0 and 1 are taken
 * ```
 */
export function topKAccuracy(options: TopKAccuracyOptions = {}): TopKAccuracy {
  return stage(options);
}

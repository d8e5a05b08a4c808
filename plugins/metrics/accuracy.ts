/**
 * Share of rows whose largest score is that of their class.
 *
 * @module
 */
import { z } from "zod";
import {
  defineMetric,
  type Dim,
  type MatchingLabels,
  type Metric,
  ops,
  type Tensor,
} from "../../core/mod.ts";
import { requireScores } from "../shapes.ts";

/** Signature of {@linkcode accuracy}. */
export type Accuracy = <B extends Dim, C extends number>(inputs: {
  readonly logits: Tensor<readonly [B, C]>;
  readonly labels: MatchingLabels<B, C>;
}) => Metric;

const stage = defineMetric<Accuracy>()({
  name: "accuracy",
  config: z.strictObject({}),
  formula: "accuracy = mean[argmax(logits) = label]",
  inputs: { logits: { kind: "tensor", dtypes: ["f32"], rank: 2 }, labels: { kind: "labels" } },
  sums({ logits, labels }) {
    requireScores("logits", logits, labels);
    const predicted = ops.argMax(logits, { axis: -1 });
    const hits = ops.cast(
      ops.equal(predicted, ops.cast(labels.value, predicted.spec.dtype)),
      "f32",
    );
    return {
      hits: ops.reduceSum(hits),
      rows: ops.constantLike(hits, logits.spec.shape[0]!),
    };
  },
  result: ({ hits, rows }) => hits[0]! / rows[0]!,
});

/**
 * `accuracy = mean[argmax(logits) = label]`: the share of rows whose largest score is that of their
 * class. Scores may as well be probabilities: only their order counts.
 *
 * Shapes: `logits [batch, classes], labels [batch]`
 *
 * Numerics: among equal scores the first counts; hits are added up as whole numbers.
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
export function accuracy(): Accuracy {
  return stage({});
}

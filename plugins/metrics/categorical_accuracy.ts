/**
 * Share of rows whose largest score is where their largest target is.
 *
 * @module
 */
import { z } from "zod";
import {
  defineMetric,
  type Dim,
  lazySchema,
  type Matching,
  type Metric,
  ops,
  type Tensor,
} from "../../core/mod.ts";
import { requireSameShape } from "../shapes.ts";

/** Signature of {@linkcode categoricalAccuracy}. */
export type CategoricalAccuracy = <B extends Dim, C extends number>(inputs: {
  readonly logits: Tensor<readonly [B, C]>;
  readonly targets: Matching<readonly [B, C]>;
}) => Metric;

const stage = defineMetric<CategoricalAccuracy>()({
  name: "categoricalAccuracy",
  config: lazySchema(() => z.strictObject({})),
  formula: "accuracy = mean[argmax(logits) = argmax(targets)]",
  inputs: {
    logits: { kind: "tensor", dtypes: ["f32"], rank: 2 },
    targets: { kind: "tensor", dtypes: ["f32"], rank: 2 },
  },
  sums({ logits, targets }) {
    requireSameShape({ logits, targets });
    const predicted = ops.argMax(logits, { axis: -1 });
    const hits = ops.cast(ops.equal(predicted, ops.argMax(targets, { axis: -1 })), "f32");
    return {
      hits: ops.reduceSum(hits),
      rows: ops.constantLike(hits, logits.spec.shape[0]!),
    };
  },
  result: ({ hits, rows }) => hits[0]! / rows[0]!,
});

/**
 * `accuracy = mean[argmax(logits) = argmax(targets)]`, for targets that are one-hot vectors or
 * probabilities. For class numbers there is `accuracy`.
 *
 * Shapes: `logits [batch, classes], targets [batch, classes]`; nothing is broadcast
 *
 * Numerics: among equal scores the first counts; hits are added up as whole numbers.
 *
 * Counterparts: Keras `CategoricalAccuracy`; PyTorch `torchmetrics.Accuracy`; TensorFlow.js
 * `metrics.categoricalAccuracy`
 *
 * @returns A metric of `logits` and `targets`, from 0 to 1.
 * @throws {TypeError} When the shapes differ, as the pipeline is checked.
 *
 * @example
 * ```ts
 * import {
 *   arrays,
 *   backward,
 *   categoricalAccuracy,
 *   categoricalCrossEntropy,
 *   dense,
 *   pipeline,
 *   sgd,
 *   train,
 * } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const table = arrays({ x: [[0, 1], [1, 0]], y: [[0, 1], [1, 0]] });
 * const logits = dense(2, { kernelInitializer: "zeros" })(table.x);
 * const loss = categoricalCrossEntropy()({ logits, targets: table.y });
 * const fit = sgd()(backward()(loss));
 * const score = categoricalAccuracy()({ logits, targets: table.y });
 * const { metrics } = await train(
 *   pipeline({ name: "example", stages: { table, logits, loss, fit, score } }),
 *   { device: "reference" },
 * );
 * assertEquals(metrics.train.score, 0.5); // equal scores: column 0 is taken
 * ```
 */
export function categoricalAccuracy(): CategoricalAccuracy {
  return stage({});
}

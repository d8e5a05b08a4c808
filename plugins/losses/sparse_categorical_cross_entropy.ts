/**
 * Cross-entropy of scores against class numbers.
 *
 * @module
 */
import { z } from "zod";
import {
  defineLoss,
  type Dim,
  type Loss,
  type MatchingLabels,
  ops,
  type Reduction,
  type Schema,
  type Tensor,
} from "../../core/mod.ts";
import { reductionField } from "../fields.ts";
import { requireScores } from "../shapes.ts";

/** Options of {@linkcode sparseCategoricalCrossEntropy}. */
export interface SparseCategoricalCrossEntropyOptions {
  /** How losses of examples become one. Default `"mean"`. */
  readonly reduction?: Reduction | undefined;
}

/** Signature of {@linkcode sparseCategoricalCrossEntropy}. */
export type SparseCategoricalCrossEntropy = <B extends Dim, C extends number>(inputs: {
  readonly logits: Tensor<readonly [B, C]>;
  readonly labels: MatchingLabels<B, C>;
}) => Loss;

interface SparseCategoricalCrossEntropyConfig {
  readonly reduction: Reduction;
}

const config: Schema<SparseCategoricalCrossEntropyOptions, SparseCategoricalCrossEntropyConfig> = z
  .strictObject({ reduction: reductionField() });

const stage = defineLoss<SparseCategoricalCrossEntropy>()({
  name: "sparseCategoricalCrossEntropy",
  config,
  formula: "loss = mean(log Σ_j exp(logits_j) - logits_label)",
  inputs: { logits: { kind: "tensor", dtypes: ["f32"], rank: 2 }, labels: { kind: "labels" } },
  perExample({ logits, labels }) {
    requireScores("logits", logits, labels);
    // chosen, not multiplied: -inf · 0 is NaN
    const chosen = ops.where(ops.oneHot(labels.value, labels.classes), logits, 0);
    return ops.sub(ops.logSumExp(logits), ops.reduceSum(chosen, { axes: [-1] }));
  },
});

/**
 * `loss = -log softmax(logits)_label = log Σ_j exp(logits_j) - logits_label`, the mean over the
 * batch.
 *
 * Shapes: `logits [batch, classes], labels [batch] -> []`
 *
 * Gradient: `∂loss/∂logits = (softmax(logits) - oneHot(labels)) / batch`
 *
 * Numerics: the maximum of each row is subtracted before the exponentials, so that none overflows.
 * A score of `-inf` masks its class: probability and gradient are 0 (the loss is `inf`, if that class
 * is the label).
 *
 * Differs: takes scores before the softmax, as PyTorch's `CrossEntropyLoss`; Keras's default is
 * probabilities (`from_logits=False`).
 *
 * @returns A loss of `logits` and `labels`.
 * @throws {TypeError} When there are not as many scores as classes, as the pipeline is checked.
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
 *   train,
 * } from "@millrace/millrace";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const table = arrays({ x: [[0, 1], [1, 0]], kind: { values: [2, 0], classes: 3 } });
 * const logits = dense(3, { kernelInitializer: "zeros" })(table.x);
 * const loss = sparseCategoricalCrossEntropy()({ logits, labels: table.kind });
 * const fit = sgd()(backward()(loss));
 * const { loss: first } = await train(
 *   pipeline({ name: "example", stages: { table, logits, loss, fit } }),
 *   { device: "reference" },
 * );
 * assertAlmostEquals(first, Math.log(3), 1e-6); // equal scores for 3 classes
 * ```
 */
export function sparseCategoricalCrossEntropy(
  options: SparseCategoricalCrossEntropyOptions = {},
): SparseCategoricalCrossEntropy {
  return stage(options);
}

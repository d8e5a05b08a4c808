/**
 * Cross-entropy of scores against class numbers.
 *
 * @module
 */
import { z } from "zod";
import {
  defineLoss,
  type Dim,
  lazySchema,
  type Loss,
  type MatchingLabels,
  ops,
  type Reduction,
  type SampleWeighted,
  type Schema,
  type Tensor,
} from "../../core/mod.ts";
import { classWeightsField, labelSmoothingField, reductionField } from "../fields.ts";
import { requireScores } from "../shapes.ts";

/** Options of {@linkcode sparseCategoricalCrossEntropy}. */
export interface SparseCategoricalCrossEntropyOptions {
  /** Share of each target that is spread over all classes alike: 0 to below 1. Default 0. */
  readonly labelSmoothing?: number | undefined;
  /** A weight for each class. Default: all classes count alike. */
  readonly classWeights?: readonly number[] | undefined;
  /** How losses of examples become one. Default `"mean"`. */
  readonly reduction?: Reduction | undefined;
}

/** Signature of {@linkcode sparseCategoricalCrossEntropy}. */
export type SparseCategoricalCrossEntropy = <B extends Dim, C extends number>(
  inputs: {
    readonly logits: Tensor<readonly [B, C]>;
    readonly labels: MatchingLabels<B, C>;
  } & SampleWeighted<B>,
) => Loss;

interface SparseCategoricalCrossEntropyConfig {
  readonly labelSmoothing: number;
  readonly classWeights?: readonly number[] | undefined;
  readonly reduction: Reduction;
}

const config: Schema<SparseCategoricalCrossEntropyOptions, SparseCategoricalCrossEntropyConfig> =
  lazySchema(() =>
    z
      .strictObject({
        labelSmoothing: labelSmoothingField(),
        classWeights: classWeightsField(),
        reduction: reductionField(),
      })
  );

const stage = defineLoss<SparseCategoricalCrossEntropy>()({
  name: "sparseCategoricalCrossEntropy",
  config,
  formula: "loss = mean(log Σ_j exp(logits_j) - logits_label)",
  inputs: { logits: { kind: "tensor", dtypes: ["f32"], rank: 2 }, labels: { kind: "labels" } },
  perExample({ logits, labels }, { config: { labelSmoothing } }) {
    requireScores("logits", logits, labels);
    // chosen, not multiplied: -inf · 0 is NaN
    const chosen = ops.where(ops.oneHot(labels.value, labels.classes), logits, 0);
    const own = ops.reduceSum(chosen, { axes: [-1] });
    const expected = labelSmoothing === 0 ? own : ops.add(
      ops.mul(own, 1 - labelSmoothing),
      ops.mul(ops.mean(logits, { axes: [-1] }), labelSmoothing),
    );
    return ops.sub(ops.logSumExp(logits), expected);
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
 * is the label; with smoothing it always is, for every class is a target then).
 *
 * Differs: takes scores before the softmax, as PyTorch's `CrossEntropyLoss`; Keras's default is
 * probabilities (`from_logits=False`). With `classWeights` the mean is over rows, as Keras has it;
 * PyTorch divides by the sum of the weights, and weights each class's part of a smoothed target by
 * itself, where here the whole example has the weight of its label.
 *
 * Counterparts: Keras `SparseCategoricalCrossentropy(from_logits=True)`; PyTorch `CrossEntropyLoss`;
 * TensorFlow.js `compile({ loss: "sparseCategoricalCrossentropy" })`
 *
 * @param options.labelSmoothing From 0 to below 1: the label's target becomes `1 - s + s / classes`,
 * and that of every other class `s / classes`.
 * @returns A loss of `logits` and `labels`, and of `sampleWeight` where given.
 * @throws {TypeError} When there are not as many scores or weights as classes, as the pipeline is
 * checked.
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

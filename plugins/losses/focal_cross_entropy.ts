/**
 * Cross-entropy of classes that looks at what is hard.
 *
 * @module
 */
import { z } from "zod";
import { defineLoss, lazySchema, ops, type Reduction, type Schema } from "../../core/mod.ts";
import { classWeightsField, reductionField } from "../fields.ts";
import { requireScores } from "../shapes.ts";
import { gammaField, missPower } from "./focal.ts";
import type { SparseCategoricalCrossEntropy } from "./sparse_categorical_cross_entropy.ts";

/** Options of {@linkcode focalCrossEntropy}. */
export interface FocalCrossEntropyOptions {
  /** How much less counts what is easy: 0 or more. Default 2. */
  readonly gamma?: number | undefined;
  /** A weight for each class, the paper's alpha. Default: all classes count alike. */
  readonly classWeights?: readonly number[] | undefined;
  /** How losses of examples become one. Default `"mean"`. */
  readonly reduction?: Reduction | undefined;
}

interface FocalCrossEntropyConfig {
  readonly gamma: number;
  readonly classWeights?: readonly number[] | undefined;
  readonly reduction: Reduction;
}

const config: Schema<FocalCrossEntropyOptions, FocalCrossEntropyConfig> = lazySchema(() =>
  z.strictObject({
    gamma: gammaField(),
    classWeights: classWeightsField(),
    reduction: reductionField(),
  })
);

const stage = defineLoss<SparseCategoricalCrossEntropy>()({
  name: "focalCrossEntropy",
  config,
  formula: "loss = mean((1 - p)^gamma · -log p), p = softmax(logits)_label",
  inputs: { logits: { kind: "tensor", dtypes: ["f32"], rank: 2 }, labels: { kind: "labels" } },
  perExample({ logits, labels }, { config: { gamma } }) {
    requireScores("logits", logits, labels);
    // chosen, not multiplied: -inf · 0 is NaN
    const chosen = ops.where(ops.oneHot(labels.value, labels.classes), logits, 0);
    const surprise = ops.sub(ops.logSumExp(logits), ops.reduceSum(chosen, { axes: [-1] }));
    return ops.mul(missPower(ops.sub(1, ops.exp(ops.neg(surprise))), gamma), surprise);
  },
});

/**
 * `loss = (1 - p)^gamma · -log p` with `p = softmax(logits)_label`, the mean over the batch:
 * cross-entropy in which what is already told well counts little, for classes of which some are rare.
 *
 * Shapes: `logits [batch, classes], labels [batch] -> []`
 *
 * Numerics: `log p` from the scores as in `sparseCategoricalCrossEntropy`.
 *
 * Differs: Keras's `CategoricalFocalCrossentropy` takes one-hot targets and weights every class by
 * 0.25 unless told otherwise; here no class is weighted until `classWeights` is given.
 *
 * Counterparts: Keras `CategoricalFocalCrossentropy`; PyTorch none; TensorFlow.js none
 *
 * @param options.gamma 0 or more; 0 is `sparseCategoricalCrossEntropy`. Default 2.
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
 *   focalCrossEntropy,
 *   pipeline,
 *   sgd,
 *   train,
 * } from "@millrace/millrace";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const table = arrays({ x: [[0, 1], [1, 0]], kind: { values: [2, 0], classes: 3 } });
 * const logits = dense(3, { kernelInitializer: "zeros" })(table.x);
 * const loss = focalCrossEntropy({ gamma: 1 })({ logits, labels: table.kind });
 * const fit = sgd()(backward()(loss));
 * const { loss: first } = await train(
 *   pipeline({ name: "example", stages: { table, logits, loss, fit } }),
 *   { device: "reference" },
 * );
 * assertAlmostEquals(first, 2 / 3 * Math.log(3), 1e-6); // equal scores for 3 classes
 * ```
 *
 * Source: Lin, Goyal, Girshick, He, Dollár, "Focal loss for dense object detection", ICCV 2017,
 * https://arxiv.org/abs/1708.02002
 */
export function focalCrossEntropy(
  options: FocalCrossEntropyOptions = {},
): SparseCategoricalCrossEntropy {
  return stage(options);
}

/**
 * Cross-entropy of yes and no.
 *
 * @module
 */
import { z } from "zod";
import { defineLoss, lazySchema, type Reduction, type Schema } from "../../core/mod.ts";
import { classWeightsField, labelSmoothingField, reductionField } from "../fields.ts";
import { type BinaryLoss, binaryPair, binaryPorts, binarySurprise } from "./binary.ts";
import { meanOfExample } from "./regression.ts";

/** Options of {@linkcode binaryCrossEntropy}. */
export interface BinaryCrossEntropyOptions {
  /** Share of each target that is spread over both classes alike: 0 to below 1. Default 0. */
  readonly labelSmoothing?: number | undefined;
  /** Weights of class 0 and class 1, for labels. Default: both count alike. */
  readonly classWeights?: readonly number[] | undefined;
  /** How losses of examples become one. Default `"mean"`. */
  readonly reduction?: Reduction | undefined;
}

interface BinaryCrossEntropyConfig {
  readonly labelSmoothing: number;
  readonly classWeights?: readonly number[] | undefined;
  readonly reduction: Reduction;
}

const config: Schema<BinaryCrossEntropyOptions, BinaryCrossEntropyConfig> = lazySchema(() =>
  z.strictObject({
    labelSmoothing: labelSmoothingField(),
    classWeights: classWeightsField(),
    reduction: reductionField(),
  })
);

const stage = defineLoss<BinaryLoss>()({
  name: "binaryCrossEntropy",
  config,
  formula: "loss = mean(log(1 + exp(logits)) - logits · targets)",
  inputs: binaryPorts,
  perExample: (inputs, { config }) => meanOfExample(binarySurprise(binaryPair(inputs, config))),
});

/**
 * `loss = mean(log(1 + exp(logits)) - logits · targets)
 * = -mean(targets · log p + (1 - targets) · log(1 - p))` with `p = sigmoid(logits)`: over all axes of
 * an example, then over the batch. For one question, or for several that are independent of each
 * other (a row of targets may have more than one 1).
 *
 * Shapes: `logits [batch] or [batch, 1], labels [batch] of 2 classes -> []`, or
 * `logits [batch, …], targets [batch, …] -> []`; nothing is broadcast
 *
 * Gradient: `∂loss/∂logits = (sigmoid(logits) - targets) / n`, with `n` the number of elements
 *
 * Numerics: computed as `max(x, 0) - x · t + log1p(e^(-|x|))`, which no score overflows. With labels
 * an infinite score gives 0 or `inf`; with targets it gives NaN, as PyTorch's.
 *
 * Differs: takes scores before the sigmoid, as PyTorch's `BCEWithLogitsLoss`; Keras's default is
 * probabilities (`from_logits=False`). `labelSmoothing` draws targets to ½, as Keras's. PyTorch's
 * `pos_weight` is `classWeights: [1, pos_weight]`, for labels.
 *
 * Counterparts: Keras `BinaryCrossentropy(from_logits=True)`; PyTorch `BCEWithLogitsLoss`;
 * TensorFlow.js `losses.sigmoidCrossEntropy`
 *
 * @param options.labelSmoothing From 0 to below 1: targets become `t · (1 - s) + s / 2`.
 * @returns A loss of `logits` and `labels` or `targets`, and of `sampleWeight` where given.
 * @throws {TypeError} When the shapes differ, labels have not two classes, or not one of labels and
 * targets is connected, as the pipeline is checked.
 *
 * @example
 * ```ts
 * import {
 *   arrays,
 *   backward,
 *   binaryCrossEntropy,
 *   dense,
 *   pipeline,
 *   sgd,
 *   train,
 * } from "@millrace/millrace";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const table = arrays({ x: [[0, 1], [1, 0]], kind: { values: [1, 0], classes: ["no", "yes"] } });
 * const logits = dense(1, { kernelInitializer: "zeros" })(table.x);
 * const loss = binaryCrossEntropy()({ logits, labels: table.kind });
 * const fit = sgd()(backward()(loss));
 * const { loss: first } = await train(
 *   pipeline({ name: "example", stages: { table, logits, loss, fit } }),
 *   { device: "reference" },
 * );
 * assertAlmostEquals(first, Math.log(2), 1e-6); // a chance of one half
 * ```
 */
export function binaryCrossEntropy(options: BinaryCrossEntropyOptions = {}): BinaryLoss {
  return stage(options);
}

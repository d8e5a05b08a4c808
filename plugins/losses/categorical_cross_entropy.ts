/**
 * Cross-entropy of scores against probabilities.
 *
 * @module
 */
import { z } from "zod";
import {
  defineLoss,
  type Dim,
  lazySchema,
  type Loss,
  type Matching,
  ops,
  type Reduction,
  type SampleWeighted,
  type Schema,
  type Tensor,
} from "../../core/mod.ts";
import { labelSmoothingField, reductionField } from "../fields.ts";
import { requireVectors } from "../shapes.ts";
import { meanOfExample } from "./regression.ts";

/** Options of {@linkcode categoricalCrossEntropy}. */
export interface CategoricalCrossEntropyOptions {
  /** Share of each target that is spread over all classes alike: 0 to below 1. Default 0. */
  readonly labelSmoothing?: number | undefined;
  /** How losses of examples become one. Default `"mean"`. */
  readonly reduction?: Reduction | undefined;
}

/** Signature of {@linkcode categoricalCrossEntropy}. */
export type CategoricalCrossEntropy = <S extends readonly Dim[]>(
  inputs: {
    readonly logits: Tensor<S>;
    readonly targets: Matching<S>;
  } & SampleWeighted<S[0]>,
) => Loss;

interface CategoricalCrossEntropyConfig {
  readonly labelSmoothing: number;
  readonly reduction: Reduction;
}

const config: Schema<CategoricalCrossEntropyOptions, CategoricalCrossEntropyConfig> = lazySchema(
  () =>
    z
      .strictObject({ labelSmoothing: labelSmoothingField(), reduction: reductionField() }),
);

const stage = defineLoss<CategoricalCrossEntropy>()({
  name: "categoricalCrossEntropy",
  config,
  formula: "loss = mean(Σ_i targets_i · (log Σ_j exp(logits_j) - logits_i))",
  inputs: {
    logits: { kind: "tensor", dtypes: ["f32"] },
    targets: { kind: "tensor", dtypes: ["f32"] },
  },
  perExample({ logits, targets }, { config: { labelSmoothing } }) {
    requireVectors({ logits, targets }, "classes");
    const classes = logits.spec.shape.at(-1)!;
    const smooth = labelSmoothing === 0
      ? targets
      : ops.add(ops.mul(targets, 1 - labelSmoothing), labelSmoothing / classes);
    const surprise = ops.sub(ops.logSumExp(logits, { keepDims: true }), logits);
    return meanOfExample(ops.reduceSum(ops.mul(smooth, surprise), { axes: [-1] }));
  },
});

/**
 * `loss = -Σ_i targets_i · log softmax(logits)_i`, the mean over the places of an example, where it
 * has several, and over the batch.
 *
 * Shapes: `logits [batch, …, classes], targets [batch, …, classes] -> []`; nothing is broadcast
 *
 * Gradient: `∂loss/∂logits = (softmax(logits) · Σ_i targets_i - targets) / n`, with `n` the number of
 * rows and places
 *
 * Numerics: `log softmax` is computed as `logits - log Σ_j exp(logits_j)`, the maximum of each row
 * subtracted before the exponentials. A score of `-inf` makes the loss NaN, even where its target is
 * 0 (0 · inf), as PyTorch's with probabilities: to mask classes, use
 * `sparseCategoricalCrossEntropy` or a large negative score.
 *
 * Differs: takes scores before the softmax, as PyTorch's `CrossEntropyLoss`; Keras's default is
 * probabilities (`from_logits=False`). Targets are probabilities, as `oneHot()` gives them; for
 * class numbers there is `sparseCategoricalCrossEntropy`.
 *
 * Counterparts: Keras `CategoricalCrossentropy(from_logits=True)`; PyTorch `CrossEntropyLoss`;
 * TensorFlow.js `losses.softmaxCrossEntropy`
 *
 * @param options.labelSmoothing From 0 to below 1: targets become `t · (1 - s) + s / classes`.
 * @returns A loss of `logits` and `targets`, and of `sampleWeight` where given.
 * @throws {TypeError} When the shapes differ, as the pipeline is checked.
 *
 * @example
 * ```ts
 * import {
 *   arrays,
 *   backward,
 *   categoricalCrossEntropy,
 *   dense,
 *   oneHot,
 *   pipeline,
 *   sgd,
 *   train,
 * } from "@millrace/millrace";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const table = arrays({ x: [[0, 1], [1, 0]], kind: { values: [2, 0], classes: 3 } });
 * const logits = dense(3, { kernelInitializer: "zeros" })(table.x);
 * const loss = categoricalCrossEntropy()({ logits, targets: oneHot()(table.kind) });
 * const fit = sgd()(backward()(loss));
 * const { loss: first } = await train(
 *   pipeline({ name: "example", stages: { table, logits, loss, fit } }),
 *   { device: "reference" },
 * );
 * assertAlmostEquals(first, Math.log(3), 1e-6); // equal scores for 3 classes
 * ```
 */
export function categoricalCrossEntropy(
  options: CategoricalCrossEntropyOptions = {},
): CategoricalCrossEntropy {
  return stage(options);
}

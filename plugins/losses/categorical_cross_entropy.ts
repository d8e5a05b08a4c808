/**
 * Cross-entropy of scores against probabilities.
 *
 * @module
 */
import { z } from "zod";
import {
  defineLoss,
  type Dim,
  type Loss,
  type Matching,
  ops,
  type Reduction,
  type Schema,
  type Tensor,
} from "../../core/mod.ts";
import { reductionField } from "../fields.ts";
import { requireSameShape } from "../shapes.ts";

/** Options of {@linkcode categoricalCrossEntropy}. */
export interface CategoricalCrossEntropyOptions {
  /** How losses of examples become one. Default `"mean"`. */
  readonly reduction?: Reduction | undefined;
}

/** Signature of {@linkcode categoricalCrossEntropy}. */
export type CategoricalCrossEntropy = <B extends Dim, C extends number>(inputs: {
  readonly logits: Tensor<readonly [B, C]>;
  readonly targets: Matching<readonly [B, C]>;
}) => Loss;

interface CategoricalCrossEntropyConfig {
  readonly reduction: Reduction;
}

const config: Schema<CategoricalCrossEntropyOptions, CategoricalCrossEntropyConfig> = z
  .strictObject({ reduction: reductionField() });

const stage = defineLoss<CategoricalCrossEntropy>()({
  name: "categoricalCrossEntropy",
  config,
  formula: "loss = mean(Σ_i targets_i · (log Σ_j exp(logits_j) - logits_i))",
  inputs: {
    logits: { kind: "tensor", dtypes: ["f32"], rank: 2 },
    targets: { kind: "tensor", dtypes: ["f32"], rank: 2 },
  },
  perExample({ logits, targets }) {
    requireSameShape({ logits, targets });
    const surprise = ops.sub(ops.logSumExp(logits, { keepDims: true }), logits);
    return ops.reduceSum(ops.mul(targets, surprise), { axes: [-1] });
  },
});

/**
 * `loss = -Σ_i targets_i · log softmax(logits)_i`, the mean over the batch.
 *
 * Shapes: `logits [batch, classes], targets [batch, classes] -> []`; nothing is broadcast
 *
 * Gradient: `∂loss/∂logits = (softmax(logits) · Σ_i targets_i - targets) / batch`
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
 * @returns A loss of `logits` and `targets`.
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

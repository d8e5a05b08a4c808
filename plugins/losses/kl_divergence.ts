/**
 * Kullback-Leibler divergence.
 *
 * @module
 */
import { z } from "zod";
import { defineLoss, lazySchema, ops, type Reduction, type Schema } from "../../core/mod.ts";
import { reductionField } from "../fields.ts";
import { requireVectors } from "../shapes.ts";
import type { CategoricalCrossEntropy } from "./categorical_cross_entropy.ts";
import { meanOfExample } from "./regression.ts";

/** Options of {@linkcode klDivergence}. */
export interface KlDivergenceOptions {
  /** How losses of examples become one. Default `"mean"`. */
  readonly reduction?: Reduction | undefined;
}

interface KlDivergenceConfig {
  readonly reduction: Reduction;
}

const config: Schema<KlDivergenceOptions, KlDivergenceConfig> = lazySchema(() =>
  z.strictObject({
    reduction: reductionField(),
  })
);

const stage = defineLoss<CategoricalCrossEntropy>()({
  name: "klDivergence",
  config,
  formula: "loss = mean(Σ_i targets_i · (log targets_i - log softmax(logits)_i))",
  inputs: {
    logits: { kind: "tensor", dtypes: ["f32"] },
    targets: { kind: "tensor", dtypes: ["f32"] },
  },
  perExample({ logits, targets }) {
    requireVectors({ logits, targets }, "classes");
    const surprise = ops.sub(ops.logSumExp(logits, { keepDims: true }), logits);
    // where a target is 0 its part is 0: it meets neither log 0 nor a masked score
    const isThere = ops.greater(targets, 0);
    const logTargets = ops.log(ops.where(isThere, targets, 1));
    const parts = ops.mul(targets, ops.add(logTargets, ops.where(isThere, surprise, 0)));
    return meanOfExample(ops.reduceSum(parts, { axes: [-1] }));
  },
});

/**
 * `loss = Σ_i targets_i · (log targets_i - log softmax(logits)_i)`, the mean over the places of an
 * example, where it has several, and over the batch: how far the predicted distribution lies from
 * that of the targets. It is cross-entropy less the entropy of the targets, so its least is 0; a
 * student learns from a teacher's probabilities by it.
 *
 * Shapes: `logits [batch, …, classes], targets [batch, …, classes] -> []`; nothing is broadcast
 *
 * Gradient: `∂loss/∂logits = (softmax(logits) · Σ_i targets_i - targets) / n`, with `n` the number of
 * rows and places
 *
 * Numerics: `log softmax` as in `categoricalCrossEntropy`; a target of 0 adds 0, whatever its score.
 *
 * Differs: takes scores before the softmax, where Keras's `KLDivergence` takes probabilities and
 * PyTorch's `KLDivLoss` their logarithms; the mean is over rows, as PyTorch's `"batchmean"`.
 *
 * Counterparts: Keras `KLDivergence`; PyTorch `KLDivLoss`; TensorFlow.js
 * `compile({ loss: "kullbackLeiblerDivergence" })`
 *
 * @returns A loss of `logits` and `targets`, and of `sampleWeight` where given.
 * @throws {TypeError} When the shapes differ, as the pipeline is checked.
 *
 * @example
 * ```ts
 * import { arrays, backward, dense, klDivergence, pipeline, sgd, train } from "@millrace/millrace";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const table = arrays({ x: [[0, 1], [1, 0]], share: [[1, 0], [0.5, 0.5]] });
 * const logits = dense(2, { kernelInitializer: "zeros" })(table.x);
 * const loss = klDivergence()({ logits, targets: table.share });
 * const fit = sgd()(backward()(loss));
 * const { loss: first } = await train(
 *   pipeline({ name: "example", stages: { table, logits, loss, fit } }),
 *   { device: "reference" },
 * );
 * assertAlmostEquals(first, Math.log(2) / 2, 1e-6); // the second row is met already
 * ```
 */
export function klDivergence(options: KlDivergenceOptions = {}): CategoricalCrossEntropy {
  return stage(options);
}

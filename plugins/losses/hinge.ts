/**
 * Hinge loss.
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
  type Value,
} from "../../core/mod.ts";
import { classWeightsField, reductionField } from "../fields.ts";
import { isOneScore, requireBinaryScores, requireScores } from "../shapes.ts";

/** Options of {@linkcode hinge}. */
export interface HingeOptions {
  /** Whether the hinge is squared. Default `false`. */
  readonly squared?: boolean | undefined;
  /** A weight for each class. Default: all classes count alike. */
  readonly classWeights?: readonly number[] | undefined;
  /** How losses of examples become one. Default `"mean"`. */
  readonly reduction?: Reduction | undefined;
}

/** Signature of {@linkcode hinge}. */
export interface Hinge {
  /** Compares one score per example with labels of two classes. */
  <B extends Dim>(
    inputs: {
      readonly logits: Tensor<readonly [B, 1]>;
      readonly labels: MatchingLabels<B, 2>;
    } & SampleWeighted<B>,
  ): Loss;
  /** Compares one score per example with labels of two classes. */
  <B extends Dim>(
    inputs: {
      readonly logits: Tensor<readonly [B]>;
      readonly labels: MatchingLabels<B, 2>;
    } & SampleWeighted<B>,
  ): Loss;
  /** Compares a score for each class with labels. */
  <B extends Dim, C extends number>(
    inputs: {
      readonly logits: Tensor<readonly [B, C]>;
      readonly labels: MatchingLabels<B, C>;
    } & SampleWeighted<B>,
  ): Loss;
}

interface HingeConfig {
  readonly squared: boolean;
  readonly classWeights?: readonly number[] | undefined;
  readonly reduction: Reduction;
}

const config: Schema<HingeOptions, HingeConfig> = lazySchema(() =>
  z.strictObject({
    squared: z.boolean().default(false).describe("Whether the hinge is squared"),
    classWeights: classWeightsField(),
    reduction: reductionField(),
  })
);

const stage = defineLoss<Hinge>()({
  name: "hinge",
  config,
  formula: "loss = mean(max(0, 1 - margin)), margin = logits_label - max over the other classes",
  inputs: { logits: { kind: "tensor", dtypes: ["f32"] }, labels: { kind: "labels" } },
  perExample({ logits, labels }, { config: { squared } }) {
    let margin: Value;
    if (isOneScore(logits, labels)) {
      const scores = requireBinaryScores("logits", logits, labels);
      margin = ops.where(ops.cast(labels.value, "f32"), scores, ops.neg(scores));
    } else {
      requireScores("logits", logits, labels);
      const own = ops.oneHot(labels.value, labels.classes);
      margin = ops.sub(
        ops.reduceSum(ops.where(own, logits, 0), { axes: [-1] }),
        ops.reduceMax(ops.where(own, -Infinity, logits), { axes: [-1] }),
      );
    }
    const hinge = ops.maximum(ops.sub(1, margin), 0);
    return squared ? ops.square(hinge) : hinge;
  },
});

/**
 * `loss = mean(max(0, 1 - margin))`, where the margin is how far the score of the own class lies above
 * the highest of the others: examples that are told apart by 1 and more are left alone, as in a
 * support vector machine. With one score `s` per example the margin is `s` for class 1 and `-s` for
 * class 0.
 *
 * Shapes: `logits [batch, classes], labels [batch] -> []`, or
 * `logits [batch] or [batch, 1], labels [batch] of 2 classes -> []`
 *
 * Gradient: where the margin is below 1, -1 by the score of the own class and 1 by the highest other,
 * each divided by the batch; times `2 (1 - margin)` where squared. Half of it at a margin of just 1.
 *
 * Differs: with one score as Keras's `Hinge` and `SquaredHinge`, whose targets are -1 and 1. With
 * several as Crammer and Singer have it; Keras's `CategoricalHinge` also counts a score of 0 among the
 * others, and PyTorch's `MultiMarginLoss` sums over all other classes.
 *
 * Counterparts: Keras `Hinge`; PyTorch none; TensorFlow.js `losses.hingeLoss`
 *
 * @param options.squared Whether the hinge is squared; default `false`.
 * @returns A loss of `logits` and `labels`, and of `sampleWeight` where given.
 * @throws {TypeError} When there are not as many scores as classes, as the pipeline is checked.
 *
 * @example
 * ```ts
 * import { arrays, backward, dense, hinge, pipeline, sgd, train } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const table = arrays({ x: [[0, 1], [1, 0]], kind: { values: [1, 0], classes: 2 } });
 * const logits = dense(1, { kernelInitializer: "zeros" })(table.x);
 * const loss = hinge()({ logits, labels: table.kind });
 * const fit = sgd()(backward()(loss));
 * const { loss: first } = await train(
 *   pipeline({ name: "example", stages: { table, logits, loss, fit } }),
 *   { device: "reference" },
 * );
 * assertEquals(first, 1); // no margin yet
 * ```
 *
 * Source: Crammer, Singer, "On the algorithmic implementation of multiclass kernel-based vector
 * machines", JMLR 2001, https://jmlr.org/papers/v2/crammer01a.html
 */
export function hinge(options: HingeOptions = {}): Hinge {
  return stage(options);
}

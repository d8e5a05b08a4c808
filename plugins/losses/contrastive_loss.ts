/**
 * Contrastive loss.
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
  type MatchingLabels,
  ops,
  type Reduction,
  type SampleWeighted,
  type Schema,
  type Tensor,
} from "../../core/mod.ts";
import { classWeightsField, reductionField } from "../fields.ts";
import { requireBinaryScores } from "../shapes.ts";
import { distanceOf } from "./distances.ts";

/** Options of {@linkcode contrastiveLoss}. */
export interface ContrastiveLossOptions {
  /** How far apart pairs that do not belong together are to be. Default 1. */
  readonly margin?: number | undefined;
  /** Weights of pairs of class 0 and of class 1. Default: both count alike. */
  readonly classWeights?: readonly number[] | undefined;
  /** How losses of examples become one. Default `"mean"`. */
  readonly reduction?: Reduction | undefined;
}

/** Signature of {@linkcode contrastiveLoss}. */
export type ContrastiveLoss = <B extends Dim, F extends Dim>(
  inputs: {
    /** Embeddings of one side of the pairs. */
    readonly first: Tensor<readonly [B, F]>;
    /** Embeddings of the other side. */
    readonly second: Matching<readonly [B, F]>;
    /** Class 1 for pairs that belong together, class 0 for others. */
    readonly labels: MatchingLabels<B, 2>;
  } & SampleWeighted<B>,
) => Loss;

interface ContrastiveLossConfig {
  readonly margin: number;
  readonly classWeights?: readonly number[] | undefined;
  readonly reduction: Reduction;
}

const config: Schema<ContrastiveLossOptions, ContrastiveLossConfig> = lazySchema(() =>
  z.strictObject({
    margin: z.number().positive().default(1).describe(
      "How far apart pairs that do not belong together are to be",
    ),
    classWeights: classWeightsField(),
    reduction: reductionField(),
  })
);

const port = { kind: "tensor", dtypes: ["f32"] } as const;

const stage = defineLoss<ContrastiveLoss>()({
  name: "contrastiveLoss",
  config,
  formula:
    "loss = mean(d² where pairs belong together, else max(0, margin - d)²), d = |first - second|",
  inputs: { first: port, second: port, labels: { kind: "labels" } },
  perExample({ first, second, labels }, { config: { margin } }) {
    const distance = requireBinaryScores("distance", distanceOf({ first, second }), labels);
    const short = ops.maximum(ops.sub(margin, distance), 0);
    return ops.square(ops.where(ops.cast(labels.value, "f32"), distance, short));
  },
});

/**
 * `loss = mean(y · d² + (1 - y) · max(0, margin - d)²)` with `d = |first - second|` and `y` 1 for pairs
 * that belong together: draws those together, and others apart until they are the margin away.
 *
 * Shapes: `first [batch, features], second [batch, features], labels [batch] of 2 classes -> []`;
 * nothing is broadcast
 *
 * Numerics: 1e-6 is added to each difference, as in PyTorch's distances, so that equal embeddings have
 * a gradient.
 *
 * Differs: as TensorFlow Addons' `ContrastiveLoss`; the paper's is half of it. Keras 3 and PyTorch
 * have none.
 *
 * Counterparts: Keras none; PyTorch none; TensorFlow.js none
 *
 * @param options.margin Above 0, in the unit of the distances; default 1.
 * @returns A loss of `first`, `second` and `labels`, and of `sampleWeight` where given.
 * @throws {TypeError} When the shapes differ, or labels have not two classes, as the pipeline is
 * checked.
 *
 * @example
 * ```ts
 * import { arrays, backward, contrastiveLoss, dense, pipeline, sgd, train } from "@millrace/millrace";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const pairs = arrays({
 *   x: [[1], [2]],
 *   other: [[0.5, 0], [0, 0.25]],
 *   together: { values: [1, 0], classes: ["no", "yes"] },
 * });
 * const first = dense(2, { kernelInitializer: "zeros" })(pairs.x);
 * const loss = contrastiveLoss()({ first, second: pairs.other, labels: pairs.together });
 * const fit = sgd()(backward()(loss));
 * const trained = await train(
 *   pipeline({ name: "example", stages: { pairs, first, loss, fit } }),
 *   { device: "reference" },
 * );
 * assertAlmostEquals(trained.loss, (0.5 ** 2 + (1 - 0.25) ** 2) / 2, 1e-5);
 * ```
 *
 * Source: Hadsell, Chopra, LeCun, "Dimensionality reduction by learning an invariant mapping", CVPR
 * 2006, https://doi.org/10.1109/CVPR.2006.100
 */
export function contrastiveLoss(options: ContrastiveLossOptions = {}): ContrastiveLoss {
  return stage(options);
}

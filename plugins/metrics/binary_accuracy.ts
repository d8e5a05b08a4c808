/**
 * Share of yes and no that is right.
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
  type Schema,
  sizeOf,
  type Tensor,
} from "../../core/mod.ts";
import { requireSameShape } from "../shapes.ts";
import { thresholdField } from "./classes.ts";

/** Options of {@linkcode binaryAccuracy}. */
export interface BinaryAccuracyOptions {
  /** Probability above which a score says yes. Default 0.5. */
  readonly threshold?: number | undefined;
}

/** Signature of {@linkcode binaryAccuracy}. */
export type BinaryAccuracy = <S extends readonly Dim[]>(inputs: {
  readonly logits: Tensor<S>;
  readonly targets: Matching<S>;
}) => Metric;

interface BinaryAccuracyConfig {
  readonly threshold: number;
}

const config: Schema<BinaryAccuracyOptions, BinaryAccuracyConfig> = lazySchema(() =>
  z.strictObject({
    threshold: thresholdField(),
  })
);

const stage = defineMetric<BinaryAccuracy>()({
  name: "binaryAccuracy",
  config,
  formula: "accuracy = mean[(sigmoid(logits) > threshold) = (targets > 1/2)]",
  inputs: {
    logits: { kind: "tensor", dtypes: ["f32"] },
    targets: { kind: "tensor", dtypes: ["f32"] },
  },
  sums({ logits, targets }, { config: { threshold } }) {
    requireSameShape({ logits, targets });
    const limit = Math.log(threshold / (1 - threshold));
    const hits = ops.equal(ops.greater(logits, limit), ops.greater(targets, 0.5));
    return {
      hits: ops.reduceSum(hits),
      count: ops.constantLike(hits, sizeOf(logits.spec.shape)),
    };
  },
  result: ({ hits, count }) => hits[0]! / count[0]!,
});

/**
 * `accuracy = mean[(sigmoid(logits) > threshold) = (targets > ½)]` over all elements: each is a question
 * of its own. For labels of two classes there is `accuracy`.
 *
 * Shapes: `logits [batch, …], targets [batch, …]`; nothing is broadcast
 *
 * Numerics: a score at the threshold says no; hits are added up as whole numbers.
 *
 * Differs: takes scores before the sigmoid; Keras's `BinaryAccuracy` takes probabilities.
 *
 * Counterparts: Keras `BinaryAccuracy`; PyTorch `torchmetrics.classification.BinaryAccuracy`;
 * TensorFlow.js `metrics.binaryAccuracy`
 *
 * @param options.threshold Above 0 and below 1: probability above which a score says yes; default 0.5.
 * @returns A metric of `logits` and `targets`, from 0 to 1.
 * @throws {TypeError} When the shapes differ, as the pipeline is checked.
 *
 * @example
 * ```ts
 * import {
 *   arrays,
 *   backward,
 *   binaryAccuracy,
 *   binaryCrossEntropy,
 *   dense,
 *   pipeline,
 *   sgd,
 *   train,
 * } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const table = arrays({ x: [[0, 1], [1, 0]], y: [[1, 0, 0], [0, 0, 1]] });
 * const logits = dense(3, { kernelInitializer: "zeros" })(table.x);
 * const loss = binaryCrossEntropy()({ logits, targets: table.y });
 * const fit = sgd()(backward()(loss));
 * const score = binaryAccuracy()({ logits, targets: table.y });
 * const { metrics } = await train(
 *   pipeline({ name: "example", stages: { table, logits, loss, fit, score } }),
 *   { device: "reference" },
 * );
 * assertEquals(metrics.train.score, 4 / 6); // all scores are 0 and say no
 * ```
 */
export function binaryAccuracy(options: BinaryAccuracyOptions = {}): BinaryAccuracy {
  return stage(options);
}

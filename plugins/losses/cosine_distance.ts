/**
 * Cosine distance.
 *
 * @module
 */
import { z } from "zod";
import {
  defineLoss,
  lazySchema,
  ops,
  type Reduction,
  type Schema,
  type Value,
} from "../../core/mod.ts";
import { reductionField } from "../fields.ts";
import { requireVectors } from "../shapes.ts";
import { meanOfExample, type RegressionLoss } from "./regression.ts";

/** Options of {@linkcode cosineDistance}. */
export interface CosineDistanceOptions {
  /** How losses of examples become one. Default `"mean"`. */
  readonly reduction?: Reduction | undefined;
}

interface CosineDistanceConfig {
  readonly reduction: Reduction;
}

/** The least that a squared length is taken for, as in Keras. */
const epsilon = 1e-12;

const config: Schema<CosineDistanceOptions, CosineDistanceConfig> = lazySchema(() =>
  z.strictObject({
    reduction: reductionField(),
  })
);

const stage = defineLoss<RegressionLoss>()({
  name: "cosineDistance",
  config,
  formula: "loss = mean(1 - predictions · targets / (|predictions| |targets|))",
  inputs: {
    predictions: { kind: "tensor", dtypes: ["f32"] },
    targets: { kind: "tensor", dtypes: ["f32"] },
  },
  perExample({ predictions, targets }) {
    requireVectors({ predictions, targets }, "features");
    const product = ops.reduceSum(ops.mul(predictions, targets), { axes: [-1] });
    const lengths = ops.mul(lengthOf(predictions), lengthOf(targets));
    return meanOfExample(ops.sub(1, ops.div(product, lengths)));
  },
});

/** Length of the vectors along the last axis, not quite 0. */
function lengthOf(x: Value): Value {
  const squared = ops.reduceSum(ops.square(x), { axes: [-1] });
  return ops.sqrt(ops.maximum(squared, epsilon));
}

/**
 * `loss = 1 - predictions · targets / (|predictions| |targets|)` for the vectors along the last axis,
 * the mean over the places of an example, where it has several, and over the batch: 0 for vectors of
 * one direction, 1 for a right angle, 2 for opposite ones.
 *
 * Shapes: `predictions [batch, …, features], targets [batch, …, features] -> []`; nothing is broadcast
 *
 * Numerics: a squared length below 1e-12 counts as that, so a vector of zeros is at a right angle to
 * all others, with a gradient that is finite.
 *
 * Differs: Keras's `CosineSimilarity` is this less 1, with the same gradient; PyTorch's
 * `CosineEmbeddingLoss` for pairs that belong together is this.
 *
 * Counterparts: Keras `CosineSimilarity`; PyTorch `CosineEmbeddingLoss`; TensorFlow.js
 * `losses.cosineDistance`
 *
 * @returns A loss of `predictions` and `targets`, and of `sampleWeight` where given.
 * @throws {TypeError} When the shapes differ, or have no axis of features, as the pipeline is checked.
 *
 * @example
 * ```ts
 * import {
 *   arrays,
 *   backward,
 *   cosineDistance,
 *   dense,
 *   pipeline,
 *   sgd,
 *   train,
 * } from "@millrace/millrace";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const words = arrays({ x: [[1], [1]], meaning: [[3, 0], [-2, 0]] });
 * const vector = dense(2, { kernelInitializer: "ones" })(words.x);
 * const loss = cosineDistance()({ predictions: vector, targets: words.meaning });
 * const fit = sgd()(backward()(loss));
 * const { loss: first } = await train(
 *   pipeline({ name: "example", stages: { words, vector, loss, fit } }),
 *   { device: "reference" },
 * );
 * assertAlmostEquals(first, 1, 1e-6); // 45° from the first, 135° from the second
 * ```
 */
export function cosineDistance(options: CosineDistanceOptions = {}): RegressionLoss {
  return stage(options);
}

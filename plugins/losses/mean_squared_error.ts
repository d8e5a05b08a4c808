/**
 * Mean squared error.
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

/** Options of {@linkcode meanSquaredError}. */
export interface MeanSquaredErrorOptions {
  /** How losses of examples become one. Default `"mean"`. */
  readonly reduction?: Reduction | undefined;
}

/** Signature of {@linkcode meanSquaredError}. */
export type MeanSquaredError = <S extends readonly Dim[]>(inputs: {
  readonly predictions: Tensor<S>;
  readonly targets: Matching<S>;
}) => Loss;

interface MeanSquaredErrorConfig {
  readonly reduction: Reduction;
}

const config: Schema<MeanSquaredErrorOptions, MeanSquaredErrorConfig> = z.strictObject({
  reduction: reductionField(),
});

const stage = defineLoss<MeanSquaredError>()({
  name: "meanSquaredError",
  config,
  formula: "loss = mean((predictions - targets)²)",
  inputs: {
    predictions: { kind: "tensor", dtypes: ["f32"] },
    targets: { kind: "tensor", dtypes: ["f32"] },
  },
  perExample({ predictions, targets }) {
    requireSameShape({ predictions, targets });
    const error = ops.sub(predictions, targets);
    const axes = predictions.spec.shape.slice(1).map((_, i) => i + 1);
    return axes.length === 0 ? ops.square(error) : ops.mean(ops.square(error), { axes });
  },
});

/**
 * `loss = mean((predictions - targets)²)`: over all axes of an example, then over the batch.
 *
 * Shapes: `predictions [batch, …], targets [batch, …] -> []`; nothing is broadcast
 *
 * Gradient: `∂loss/∂predictions = 2 (predictions - targets) / n`, with `n` the number of elements
 *
 * Differs: `reduction: "sum"` sums over examples the mean over an example's elements, as Keras
 * does; PyTorch sums over all elements.
 *
 * @returns A loss of `predictions` and `targets`.
 * @throws {TypeError} When the shapes differ, as the pipeline is checked.
 *
 * @example
 * ```ts
 * import {
 *   arrays,
 *   backward,
 *   dense,
 *   meanSquaredError,
 *   pipeline,
 *   sgd,
 *   train,
 * } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const points = arrays({ x: [[0], [1]], y: [[1], [3]] });
 * const line = dense(1, { kernelInitializer: "zeros" })(points.x);
 * const loss = meanSquaredError()({ predictions: line, targets: points.y });
 * const fit = sgd()(backward()(loss));
 * const { loss: first } = await train(
 *   pipeline({ name: "example", stages: { points, line, loss, fit } }),
 *   { device: "reference" },
 * );
 * assertEquals(first, (1 ** 2 + 3 ** 2) / 2);
 * ```
 */
export function meanSquaredError(options: MeanSquaredErrorOptions = {}): MeanSquaredError {
  return stage(options);
}

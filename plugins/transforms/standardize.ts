/**
 * Scaling of features to mean 0 and standard deviation 1, as found in the training split.
 *
 * @module
 */
import { z } from "zod";
import {
  defineStage,
  type Dim,
  type HostTensor,
  hostTensor,
  lazySchema,
  ops,
  type Tensor,
} from "../../core/mod.ts";

/** Signature of {@linkcode standardize}. */
export type Standardize = <S extends readonly Dim[]>(x: Tensor<S>) => Tensor<S>;

const stage = defineStage<Standardize>()({
  name: "standardize",
  family: "transform",
  kind: "traced",
  config: lazySchema(() => z.strictObject({})),
  formula: "y = (x - mean) / std",
  inputs: { x: { kind: "tensor", dtypes: ["f32"] } },
  output: "tensor",
  async fit({ batches }) {
    let moments: Moments | undefined;
    for await (const { x } of batches) {
      moments ??= new Moments(x!.shape.slice(1));
      moments.add(x!);
    }
    if (moments === undefined) {
      throw new RangeError('Cannot fit "standardize": the training split has no rows');
    }
    return moments.result();
  },
  build({ x }, context) {
    const row = x.spec.shape.slice(1);
    return ops.div(
      ops.sub(x, context.fitted("mean", row)),
      context.fitted("std", row),
    );
  },
});

/** Mean and sum of squared deviations of each feature, by Welford's recurrence. */
class Moments {
  readonly #shape: readonly number[];
  readonly #mean: Float64Array;
  readonly #deviations: Float64Array;
  #rows = 0;

  constructor(shape: readonly number[]) {
    const features = shape.reduce((product, size) => product * size, 1);
    this.#shape = shape;
    this.#mean = new Float64Array(features);
    this.#deviations = new Float64Array(features);
  }

  add({ shape, data }: HostTensor): void {
    const features = this.#mean.length;
    for (let row = 0; row < shape[0]!; row++) {
      this.#rows++;
      for (let i = 0; i < features; i++) {
        const value = data[row * features + i]!;
        const delta = value - this.#mean[i]!;
        const mean = this.#mean[i]! + delta / this.#rows;
        this.#mean[i] = mean;
        this.#deviations[i]! += delta * (value - mean);
      }
    }
  }

  result(): { readonly mean: HostTensor; readonly std: HostTensor } {
    const std = this.#deviations.map((sum) => {
      const deviation = Math.sqrt(sum / this.#rows);
      return deviation === 0 ? 1 : deviation;
    });
    return {
      mean: hostTensor(Float32Array.from(this.#mean), { shape: this.#shape }),
      std: hostTensor(Float32Array.from(std), { shape: this.#shape }),
    };
  }
}

/**
 * `y = (x - mean) / std`, with mean and standard deviation of each feature over the training split.
 * They are found before training and saved with the model, so that what is served is scaled as what
 * was trained.
 *
 * Shapes: `x [batch, …], mean […], std […] -> [batch, …]`
 *
 * Gradient: `∂L/∂x = ∂L/∂y / std`
 *
 * Numerics: moments are found by Welford's recurrence in float64, over `n` (not `n - 1`) rows. A
 * feature that is the same in every row is divided by 1, so that it becomes 0.
 *
 * Differs: as scikit-learn's `StandardScaler`, which disregards missing values (NaN), where they are
 * refused here; Keras's `Normalization` gives one mean per
 * last axis and adds no guard but `max(std, epsilon)`.
 *
 * Counterparts: Keras `Normalization`; PyTorch none; TensorFlow.js none
 *
 * @returns A transform that is fitted.
 * @throws {PipelineError} When a training row has a missing value, as it is fitted: `impute()` fills it in.
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
 *   standardize,
 *   train,
 * } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const table = arrays({ x: [[1], [3]], y: [[0], [1]] });
 * const features = standardize()(table.x);
 * const line = dense(1)(features);
 * const loss = meanSquaredError()({ predictions: line, targets: table.y });
 * const fit = sgd()(backward()(loss));
 * const { model } = await train(
 *   pipeline({ name: "example", stages: { table, features, line, loss, fit } }),
 *   { device: "reference" },
 * );
 * assertEquals(model.tensors["features.mean"]!.data, Float32Array.of(2));
 * assertEquals(model.tensors["features.std"]!.data, Float32Array.of(1));
 * ```
 *
 * Source: Welford, "Note on a method for calculating corrected sums of squares and products",
 * Technometrics 4, 1962
 */
export function standardize(): Standardize {
  return stage({});
}

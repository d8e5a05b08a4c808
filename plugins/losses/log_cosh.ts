/**
 * Logarithm of the hyperbolic cosine of the error.
 *
 * @module
 */
import { z } from "zod";
import { lazySchema, ops, type Reduction, type Schema } from "../../core/mod.ts";
import { reductionField } from "../fields.ts";
import { defineRegressionLoss, type RegressionLoss } from "./regression.ts";

/** Options of {@linkcode logCosh}. */
export interface LogCoshOptions {
  /** How losses of examples become one. Default `"mean"`. */
  readonly reduction?: Reduction | undefined;
}

interface LogCoshConfig {
  readonly reduction: Reduction;
}

const config: Schema<LogCoshOptions, LogCoshConfig> = lazySchema(() =>
  z.strictObject({
    reduction: reductionField(),
  })
);

const stage = defineRegressionLoss({
  name: "logCosh",
  config,
  formula: "loss = mean(log cosh(predictions - targets))",
  elementwise({ predictions, targets }) {
    // log cosh e = |e| + log((1 + e^(-2|e|)) / 2): the exponential is at most 1
    const size = ops.abs(ops.sub(predictions, targets));
    const rest = ops.softplus(ops.mul(size, -2));
    return ops.add(size, ops.sub(rest, Math.LN2));
  },
});

/**
 * `loss = mean(log cosh(predictions - targets))`: near 0 half the squared error, far from it the
 * absolute error less `log 2`; as Huber's loss, but smooth everywhere.
 *
 * Shapes: `predictions [batch, …], targets [batch, …] -> []`; nothing is broadcast
 *
 * Gradient: `∂loss/∂predictions = tanh(predictions - targets) / n`, with `n` the number of elements
 *
 * Numerics: computed as `|e| + log1p(e^(-2|e|)) - log 2`, which no error overflows; near 0 its
 * absolute error is one rounding of `log 2`, 6e-8.
 *
 * Differs: as Keras's `LogCosh`; PyTorch has none. `reduction: "sum"` sums over examples the mean over
 * an example's elements.
 *
 * Counterparts: Keras `LogCosh`; PyTorch none; TensorFlow.js `compile({ loss: "logcosh" })`
 *
 * @returns A loss of `predictions` and `targets`, and of `sampleWeight` where given.
 * @throws {TypeError} When the shapes differ, as the pipeline is checked.
 *
 * @example
 * ```ts
 * import { arrays, backward, dense, logCosh, pipeline, sgd, train } from "@millrace/millrace";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const points = arrays({ x: [[0], [1]], y: [[1], [3]] });
 * const line = dense(1, { kernelInitializer: "zeros" })(points.x);
 * const loss = logCosh()({ predictions: line, targets: points.y });
 * const fit = sgd()(backward()(loss));
 * const { loss: first } = await train(
 *   pipeline({ name: "example", stages: { points, line, loss, fit } }),
 *   { device: "reference" },
 * );
 * assertAlmostEquals(first, (Math.log(Math.cosh(1)) + Math.log(Math.cosh(3))) / 2, 1e-6);
 * ```
 */
export function logCosh(options: LogCoshOptions = {}): RegressionLoss {
  return stage(options);
}

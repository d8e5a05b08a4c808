/**
 * Likelihood of counts.
 *
 * @module
 */
import { z } from "zod";
import { lazySchema, ops, type Reduction, type Schema } from "../../core/mod.ts";
import { reductionField } from "../fields.ts";
import { defineRegressionLoss, type RegressionLoss } from "./regression.ts";

/** Options of {@linkcode poisson}. */
export interface PoissonOptions {
  /** Whether predictions are logarithms of rates, or rates. Default `"logRate"`. */
  readonly predicts?: "logRate" | "rate" | undefined;
  /** How losses of examples become one. Default `"mean"`. */
  readonly reduction?: Reduction | undefined;
}

interface PoissonConfig {
  readonly predicts: "logRate" | "rate";
  readonly reduction: Reduction;
}

/** What is added to a rate before its logarithm, as in Keras. */
const epsilon = 1e-7;

const config: Schema<PoissonOptions, PoissonConfig> = lazySchema(() =>
  z.strictObject({
    predicts: z.enum(["logRate", "rate"]).default("logRate").describe(
      "Whether predictions are logarithms of rates, or rates",
    ),
    reduction: reductionField(),
  })
);

const stage = defineRegressionLoss({
  name: "poisson",
  config,
  formula: "loss = mean(rate - targets · log rate)",
  elementwise({ predictions, targets }, { predicts }) {
    const isRate = predicts === "rate";
    const rate = isRate ? predictions : ops.exp(predictions);
    const logRate = isRate ? ops.log(ops.add(predictions, epsilon)) : predictions;
    return ops.sub(rate, ops.mul(targets, logRate));
  },
});

/**
 * `loss = mean(rate - targets · log rate)`: the negative logarithm of the likelihood of counts under
 * Poisson's distribution, without the term `log targets!`, which no prediction changes. Predictions
 * are `log rate`, so that every number is one, or rates of 0 and more.
 *
 * Shapes: `predictions [batch, …], targets [batch, …] -> []`; nothing is broadcast
 *
 * Gradient: `∂loss/∂predictions = (rate - targets) / n` by logarithms, `(1 - targets / rate) / n` by
 * rates, with `n` the number of elements
 *
 * Numerics: a rate has 1e-7 added before its logarithm.
 *
 * Differs: as PyTorch's `PoissonNLLLoss`, whose epsilon is 1e-8; Keras's `Poisson` takes rates
 * (`predicts: "rate"`). `reduction: "sum"` sums over examples the mean over an example's elements.
 *
 * Counterparts: Keras `Poisson`; PyTorch `PoissonNLLLoss`; TensorFlow.js `compile({ loss: "poisson" })`
 *
 * @param options.predicts `"logRate"` (default) or `"rate"`.
 * @returns A loss of `predictions` and `targets`, and of `sampleWeight` where given.
 * @throws {TypeError} When the shapes differ, as the pipeline is checked.
 *
 * @example
 * ```ts
 * import { arrays, backward, dense, pipeline, poisson, sgd, train } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const visits = arrays({ hour: [[0], [1]], count: [[2], [5]] });
 * const logRate = dense(1, { kernelInitializer: "zeros" })(visits.hour);
 * const loss = poisson()({ predictions: logRate, targets: visits.count });
 * const fit = sgd()(backward()(loss));
 * const { loss: first } = await train(
 *   pipeline({ name: "example", stages: { visits, logRate, loss, fit } }),
 *   { device: "reference" },
 * );
 * assertEquals(first, 1); // a rate of 1, whose logarithm is 0
 * ```
 */
export function poisson(options: PoissonOptions = {}): RegressionLoss {
  return stage(options);
}

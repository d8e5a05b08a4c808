/**
 * Huber's loss.
 *
 * @module
 */
import { z } from "zod";
import { lazySchema, ops, type Reduction, type Schema } from "../../core/mod.ts";
import { reductionField } from "../fields.ts";
import { defineRegressionLoss, type RegressionLoss } from "./regression.ts";

/** Options of {@linkcode huber}. */
export interface HuberOptions {
  /** The error from which on the loss grows linearly, in the unit of the targets. Default 1. */
  readonly delta?: number | undefined;
  /** How losses of examples become one. Default `"mean"`. */
  readonly reduction?: Reduction | undefined;
}

interface HuberConfig {
  readonly delta: number;
  readonly reduction: Reduction;
}

const config: Schema<HuberOptions, HuberConfig> = lazySchema(() =>
  z.strictObject({
    delta: z.number().positive().default(1).describe(
      "The error from which on the loss grows linearly, in the unit of the targets",
    ),
    reduction: reductionField(),
  })
);

const stage = defineRegressionLoss({
  name: "huber",
  config,
  formula:
    "loss = mean(e² / 2 where |e| ≤ delta, else delta · (|e| - delta / 2)), e = predictions - targets",
  elementwise({ predictions, targets }, { delta }) {
    const error = ops.sub(predictions, targets);
    const size = ops.abs(error);
    return ops.where(
      ops.lessEqual(size, delta),
      ops.mul(ops.square(error), 0.5),
      ops.mul(ops.sub(size, delta / 2), delta),
    );
  },
});

/**
 * `loss = mean(h(e))` with `e = predictions - targets`, and `h(e) = e² / 2` where `|e| ≤ delta`, else
 * `delta · (|e| - delta / 2)`: squares small errors, and takes large ones as they are, so that
 * outliers do not rule the fit.
 *
 * Shapes: `predictions [batch, …], targets [batch, …] -> []`; nothing is broadcast
 *
 * Gradient: `∂loss/∂predictions = clip(e, -delta, delta) / n`, with `n` the number of elements
 *
 * Differs: as Keras's `Huber` and PyTorch's `HuberLoss`; PyTorch's `SmoothL1Loss` is this divided by
 * its `beta`. `reduction: "sum"` sums over examples the mean over an example's elements.
 *
 * Counterparts: Keras `Huber`; PyTorch `HuberLoss`; TensorFlow.js `losses.huberLoss`
 *
 * @param options.delta Above 0, in the unit of the targets; default 1.
 * @returns A loss of `predictions` and `targets`, and of `sampleWeight` where given.
 * @throws {TypeError} When the shapes differ, as the pipeline is checked.
 *
 * @example
 * ```ts
 * import { arrays, backward, dense, huber, pipeline, sgd, train } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const points = arrays({ x: [[0], [1]], y: [[1], [3]] });
 * const line = dense(1, { kernelInitializer: "zeros" })(points.x);
 * const loss = huber({ delta: 2 })({ predictions: line, targets: points.y });
 * const fit = sgd()(backward()(loss));
 * const { loss: first } = await train(
 *   pipeline({ name: "example", stages: { points, line, loss, fit } }),
 *   { device: "reference" },
 * );
 * assertEquals(first, (1 ** 2 / 2 + 2 * (3 - 1)) / 2);
 * ```
 *
 * Source: Huber, "Robust estimation of a location parameter", Annals of Mathematical Statistics,
 * 1964, https://doi.org/10.1214/aoms/1177703732
 */
export function huber(options: HuberOptions = {}): RegressionLoss {
  return stage(options);
}

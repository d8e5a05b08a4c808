/**
 * An average of the weights over steps, which is what the trained model has.
 *
 * @module
 */
import { z } from "zod";
import {
  defineStage,
  lazySchema,
  ops,
  type ParameterUpdate,
  type Schema,
  whenDue,
} from "../../core/mod.ts";
import { decayField } from "./fields.ts";

/** Options of {@linkcode exponentialMovingAverage}. */
export interface ExponentialMovingAverageOptions {
  /** Whether the average begins short, with a decay of `(1 + t) / (10 + t)` at most. Default `false`. */
  readonly warmUp?: boolean | undefined;
}

interface ExponentialMovingAverageConfig {
  readonly decay: number;
  readonly warmUp: boolean;
}

const config: Schema<
  ExponentialMovingAverageOptions & { readonly decay?: number | undefined },
  ExponentialMovingAverageConfig
> = lazySchema(() =>
  z.strictObject({
    decay: decayField(0.999, "Share of the average that is kept at an update"),
    warmUp: z.boolean().default(false).describe(
      "Whether the average begins short, with a decay of (1 + t) / (10 + t) at most",
    ),
  })
);

const stage = defineStage<(update: ParameterUpdate) => ParameterUpdate>()({
  name: "exponentialMovingAverage",
  family: "optimizer",
  kind: "traced",
  config,
  formula: "average = decay · average + (1 - decay) · param",
  inputs: { update: { kind: "update" } },
  output: "update",
  build({ update }, context) {
    const { decay, warmUp } = context.config;
    const { step } = update;
    const usual = warmUp ? ops.minimum(ops.div(ops.add(step, 1), ops.add(step, 10)), decay) : decay;
    // the first update's weights are the first average
    const kept = ops.mul(ops.notEqual(step, 1), usual);
    for (const { parameter, value } of update.parameters) {
      const average = context.state("average", {
        shape: parameter.spec.shape,
        of: parameter,
        standsIn: true,
      });
      const next = ops.add(
        ops.mul(average.value, kept),
        ops.mul(value, ops.sub(1, kept)),
      );
      context.update(average, whenDue(update, next, average.value));
    }
    return update;
  },
});

/**
 * `average = decay · average + (1 - decay) · param` after each update `t`, beginning with the
 * parameters after the first; with `warmUp` the decay is `min(decay, (1 + t) / (10 + t))`.
 *
 * Training goes on with the parameters themselves. Wherever the model evaluates, predicts and is saved
 * (validation after an epoch, the test split at the end, `TrainResult.model`, `model.safetensors`), the
 * averages stand in their place. Checkpoints hold both, so that a resumed run takes the same steps.
 *
 * Differs: the same as PyTorch's `AveragedModel` with `get_ema_multi_avg_fn`, whose copy must be
 * evaluated by hand. State that layers keep, as running means, is not averaged.
 *
 * Counterparts: Keras `Optimizer(use_ema=True)`; PyTorch `optim.swa_utils.AveragedModel`;
 * TensorFlow.js none
 *
 * @param decay Share of the average that is kept, from 0 to less than 1. Default 0.999.
 * @returns A stage from an update to the same update; its state is `average`.
 * @throws {RangeError} When two averages are made of one parameter, as the pipeline is checked.
 *
 * @example
 * ```ts
 * import {
 *   arrays,
 *   backward,
 *   dense,
 *   exponentialMovingAverage,
 *   meanSquaredError,
 *   pipeline,
 *   sgd,
 *   train,
 * } from "@millrace/millrace";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const points = arrays({ x: [[0]], y: [[1]] });
 * const line = dense(1, { kernelInitializer: "zeros" })(points.x);
 * const loss = meanSquaredError()({ predictions: line, targets: points.y });
 * const fit = sgd({ learningRate: 0.25 })(backward()(loss));
 * const average = exponentialMovingAverage(0.5)(fit);
 * const { model } = await train(
 *   pipeline({ name: "example", epochs: 2, stages: { points, line, loss, fit, average } }),
 *   { device: "reference" },
 * );
 * // the bias goes 0, 0.5, 0.75
 * assertAlmostEquals(model.tensors["line.bias"]!.data[0]!, (0.5 + 0.75) / 2, 1e-6);
 * ```
 *
 * Source: Polyak, Juditsky, "Acceleration of stochastic approximation by averaging", SIAM Journal on
 * Control and Optimization 30, 1992, https://doi.org/10.1137/0330046
 */
export function exponentialMovingAverage(
  decay?: number,
  options: ExponentialMovingAverageOptions = {},
): (update: ParameterUpdate) => ParameterUpdate {
  return stage({ ...options, ...(decay === undefined ? {} : { decay }) });
}

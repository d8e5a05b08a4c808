/**
 * Batch normalization.
 *
 * @module
 */
import { z } from "zod";
import {
  defineLayer,
  lazySchema,
  ops,
  type Schema,
  type TensorSpec,
  type Value,
} from "../../core/mod.ts";
import type { ShapeKeepingLayer } from "./activations.ts";
import {
  type AffineConfig,
  affineFields,
  type AffineOptions,
  affineParameters,
  axesOf,
  epsilonField,
  momentsOf,
  normalize,
} from "./normalizing.ts";

/** Options of {@linkcode batchNormalization}. */
export interface BatchNormalizationOptions extends AffineOptions {
  /** The axis of what is normalized by itself, the batch being axis 0; negative counts from the end. Default -1, the channels. */
  readonly axis?: number | undefined;
  /** What a running mean and variance keep of themselves at a step. Default 0.99. */
  readonly momentum?: number | undefined;
  /** What is added to the variance under the root. Default 0.001. */
  readonly epsilon?: number | undefined;
}

interface BatchNormalizationConfig extends AffineConfig {
  readonly axis: number;
  readonly momentum: number;
  readonly epsilon: number;
}

const config: Schema<BatchNormalizationOptions, BatchNormalizationConfig> = lazySchema(() =>
  z.strictObject({
    axis: z.int().refine((axis) => axis !== 0, { error: "expected another axis than the batch" })
      .default(-1).describe(
        "Axis of what is normalized by itself, the batch being axis 0; negative counts from the end",
      ),
    momentum: z.number().min(0).max(1).default(0.99).describe(
      "What the running mean and variance keep of themselves at a step",
    ),
    epsilon: epsilonField(1e-3),
    ...affineFields(),
  })
);

const stage = defineLayer<ShapeKeepingLayer>()({
  name: "batchNormalization",
  config,
  formula: "y = gamma · (x - mean) / √(variance + epsilon) + beta",
  parameters: (config, x) => affineParameters(config, [channelsOf(x, config.axis)]),
  state(config, x) {
    const shape = [channelsOf(x, config.axis)];
    return { movingMean: { shape, value: 0 }, movingVariance: { shape, value: 1 } };
  },
  build({ x, gamma, beta, movingMean, movingVariance }, context) {
    const { config } = context;
    const axis = axisOf(x.spec, config.axis);
    const others = x.spec.shape.map((_, other) => other).filter((other) => other !== axis);
    const moments = momentsOf(x, others);
    const running = (before: Value, now: Value) =>
      ops.add(
        ops.mul(before, config.momentum),
        ops.mul(ops.reshape(now, before.spec.shape), 1 - config.momentum),
      );
    context.update(movingMean, running(movingMean.value, moments.mean));
    context.update(movingVariance, running(movingVariance.value, moments.variance));
    return normalize(moments, {
      epsilon: config.epsilon,
      gamma: gamma && along(x, axis, gamma),
      beta: beta && along(x, axis, beta),
    });
  },
  buildInference({ x, gamma, beta, movingMean, movingVariance }, { config }) {
    const axis = axisOf(x.spec, config.axis);
    const deviation = ops.sub(x, along(x, axis, movingMean.value));
    return normalize({ deviation, variance: along(x, axis, movingVariance.value) }, {
      epsilon: config.epsilon,
      gamma: gamma && along(x, axis, gamma),
      beta: beta && along(x, axis, beta),
    });
  },
});

/** The axis, counted from the first. */
function axisOf(x: TensorSpec, axis: number): number {
  return axesOf(x, axis)[0]!;
}

function channelsOf(x: TensorSpec, axis: number): number {
  return x.shape[axisOf(x, axis)]!;
}

/** A number for each place of an axis, in a shape that broadcasts to x. */
function along(x: Value, axis: number, numbers: Value): Value {
  return ops.reshape(numbers, x.spec.shape.slice(axis).map((size, i) => i === 0 ? size : 1));
}

/**
 * `y = gamma · (x - mean) / √(variance + epsilon) + beta`, channel by channel. While training, mean and
 * variance are those of the batch (and of all pixels or steps), and running ones are kept:
 * `movingMean ← momentum · movingMean + (1 - momentum) · mean`, and the variance alike. Evaluating and
 * predicting use the running ones.
 *
 * Shapes: `x [batch, …, channels], gamma, beta, movingMean, movingVariance [channels]
 * -> [batch, …, channels]`
 *
 * Gradient: with `x̂ = (x - mean) / σ`, `σ = √(variance + epsilon)` and `δ = ∂L/∂y · gamma`:
 * `∂L/∂x = (δ - mean(δ) - x̂ · mean(δ · x̂)) / σ`, `∂L/∂gamma = Σ ∂L/∂y · x̂`, `∂L/∂beta = Σ ∂L/∂y`
 *
 * Numerics: the variance is the mean of squared deviations from the mean (two passes, nothing
 * cancels), divided by the number of elements, in the running one too.
 *
 * Differs: as Keras. PyTorch says `momentum` of the new part (0.1 there is 0.9 here), has an epsilon of
 * 1e-5, and keeps the running variance with a divisor of one less.
 *
 * Counterparts: Keras `BatchNormalization`; PyTorch `BatchNorm1d, BatchNorm2d`; TensorFlow.js
 * `layers.batchNormalization`
 *
 * @returns A layer with the parameters `gamma` and `beta`, and the state `movingMean` and
 * `movingVariance`, which begin with 0 and 1 and are saved with the model.
 * @throws {RangeError} When x has no such axis behind the batch.
 *
 * @example
 * ```ts
 * import { batchNormalization, conv2d, relu, sequential, stageOf } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const block = sequential(conv2d(16, 3, { useBias: false }), batchNormalization(), relu());
 * assertEquals(stageOf(block)?.definition.name, "sequential");
 * ```
 *
 * Source: Ioffe, Szegedy, "Batch normalization", 2015, https://arxiv.org/abs/1502.03167
 */
export function batchNormalization(options: BatchNormalizationOptions = {}): ShapeKeepingLayer {
  return stage(options);
}

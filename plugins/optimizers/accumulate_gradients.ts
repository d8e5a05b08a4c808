/**
 * Gradients gathered over several steps before they are applied.
 *
 * @module
 */
import { z } from "zod";
import {
  defineStage,
  type GradientTransformCall,
  lazySchema,
  ops,
  type Schema,
  whenDue,
} from "../../core/mod.ts";

interface AccumulateGradientsConfig {
  readonly steps: number;
}

const config: Schema<AccumulateGradientsConfig, AccumulateGradientsConfig> = lazySchema(() =>
  z.strictObject({
    steps: z.int().min(1).describe("Steps whose gradients are applied together"),
  })
);

const stage = defineStage<GradientTransformCall>()({
  name: "accumulateGradients",
  family: "optimizer",
  kind: "traced",
  config,
  formula: "gradient = (sum + gradient) / steps, applied at every so-many-th step",
  inputs: { gradients: { kind: "gradients" } },
  output: "gradients",
  build({ gradients }, context) {
    const { steps } = context.config;
    if (steps === 1) return gradients;
    const { parameters, ...timing } = gradients;
    const count = context.state("count", { shape: [] });
    const updates = context.state("updates", { shape: [] });
    const counted = ops.add(count.value, 1);
    const isFull = ops.greaterEqual(counted, steps);
    context.update(count, whenDue(timing, ops.where(isFull, 0, counted), count.value));
    context.update(updates, whenDue(timing, ops.add(updates.value, isFull), updates.value));
    const means = parameters.map(({ parameter, gradient }) => {
      const sum = context.state("sum", { shape: parameter.spec.shape, of: parameter });
      const total = ops.add(sum.value, gradient);
      context.update(sum, whenDue(timing, ops.where(isFull, 0, total), sum.value));
      return { parameter, gradient: ops.div(total, steps) };
    });
    return {
      parameters: means,
      step: ops.add(updates.value, 1),
      isDue: timing.isDue === undefined ? isFull : ops.mul(timing.isDue, isFull),
    };
  },
});

/**
 * Applies the mean of the gradients of `steps` steps, once every `steps` steps: with a loss that is a
 * mean, as if a batch were `steps` times as large, in the memory of one.
 *
 * In between, parameters and the state of what comes behind it stay as they are, and the step that
 * optimizers and schedules see counts updates. Counting goes on across epochs, and sums are saved in
 * checkpoints; what is gathered at the end of training and not full is not applied. What stands
 * before it, as {@linkcode clipByGlobalNorm}, treats each step's gradient, what stands behind it the
 * mean.
 *
 * Differs: the same as Keras's `gradient_accumulation_steps`. A smaller last batch counts as much as
 * the others; `lastBatch: "drop"` leaves it out.
 *
 * Counterparts: Keras `Optimizer(gradient_accumulation_steps=…)`; PyTorch `backward() several times
 * before step()`; TensorFlow.js none
 *
 * @param steps Steps whose gradients are applied together, at least 1.
 * @returns A stage from gradients to gradients; its state is `sum`, `count` and `updates`.
 *
 * @example
 * ```ts
 * import {
 *   accumulateGradients,
 *   arrays,
 *   backward,
 *   dense,
 *   meanSquaredError,
 *   pipeline,
 *   sgd,
 *   train,
 * } from "@millrace/millrace";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const points = arrays({ x: [[0], [1]], y: [[1], [3]] });
 * const line = dense(1, { kernelInitializer: "zeros" })(points.x);
 * const loss = meanSquaredError()({ predictions: line, targets: points.y });
 * const fit = sgd({ learningRate: 0.1 })(accumulateGradients(2)(backward()(loss)));
 * const { model } = await train(
 *   pipeline({ name: "example", batchSize: 1, stages: { points, line, loss, fit } }),
 *   { device: "reference" },
 * );
 * // as one step over both rows
 * assertAlmostEquals(model.tensors["line.bias"]!.data[0]!, 0.1 * (1 + 3), 1e-6);
 * ```
 */
export function accumulateGradients(steps: number): GradientTransformCall {
  return stage({ steps });
}

/**
 * The backward pass as a stage: what stands between a loss and an optimizer. It declares which
 * gradients are wanted; `core/differentiate` computes them by the ops' own rules.
 *
 * @module
 */
import { z } from "zod";
import {
  defineStage,
  type Gradients,
  lazySchema,
  type Loss,
  ops,
  type Schema,
} from "../../core/mod.ts";
import { isWithin, requireKnown } from "../paths.ts";

/** Options of {@linkcode backward}. */
export interface BackwardOptions {
  /**
   * Which parameters, by path or by the start of one: `"logits"`, `"logits.dense1"`,
   * `"logits.dense1.weight"`. Default: all that the loss depends on.
   */
  readonly parameters?: readonly string[] | undefined;
}

interface BackwardConfig {
  readonly parameters?: readonly string[] | undefined;
}

const config: Schema<BackwardOptions, BackwardConfig> = lazySchema(() =>
  z.strictObject({
    parameters: z.array(z.string().min(1)).min(1).optional().describe(
      "Which parameters, by path or by the start of one; all that the loss depends on when absent",
    ),
  })
);

const stage = defineStage<(loss: Loss) => Gradients>()({
  name: "backward",
  family: "backward",
  kind: "traced",
  config,
  formula: "gradient_p = ∂loss/∂p",
  inputs: { loss: { kind: "loss" } },
  output: "gradients",
  build({ loss }, context) {
    const { parameters: wanted } = context.config;
    const known = context.parametersOf(loss);
    if (known.length === 0) {
      throw new TypeError("Cannot differentiate the loss: it depends on no parameter");
    }
    requireKnown(wanted ?? [], {
      paths: known.map(({ path }) => path),
      matches: isWithin,
      refusal: (start) => `Cannot differentiate by "${start}": the loss depends on`,
    });
    const parameters = known
      .filter(({ path }) => wanted?.some((start) => isWithin(path, start)) ?? true)
      .map((parameter) => ({ parameter, gradient: ops.gradient(loss, parameter.value) }));
    return { parameters, step: ops.appliedSteps(ops.cast(context.step, "f32")) };
  },
});

/**
 * `gradient_p = ∂loss/∂p` for every parameter `p` that the loss depends on, or for some of them:
 * the others stay as they are.
 *
 * Groups of parameters that are treated differently are several backward passes of one loss, each into
 * an optimizer of its own, which the runtime computes as one:
 * `sgd({ learningRate: 1e-4 })(backward({ parameters: ["base"] })(loss))` beside
 * `adam()(backward({ parameters: ["head"] })(loss))`.
 *
 * Gradient: this is it; it cannot itself be differentiated.
 *
 * Counterparts: Keras none; PyTorch `Tensor.backward`; TensorFlow.js `variableGrads`
 *
 * @returns A stage from a loss to gradients.
 * @throws {TypeError} When the loss depends on no parameter, as the pipeline is checked.
 * @throws {RangeError} When a path in `parameters` names none of them, as the pipeline is checked.
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
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const points = arrays({ x: [[0], [1]], y: [[1], [3]] });
 * const line = dense(1, { kernelInitializer: "zeros" })(points.x);
 * const loss = meanSquaredError()({ predictions: line, targets: points.y });
 * const fit = sgd({ learningRate: 0.1 })(backward()(loss));
 * const { model } = await train(
 *   pipeline({ name: "example", stages: { points, line, loss, fit } }),
 *   { device: "reference" },
 * );
 * assertAlmostEquals(model.tensors["line.bias"]!.data[0]!, 0.1 * (1 + 3), 1e-6);
 * ```
 */
export function backward(options: BackwardOptions = {}): (loss: Loss) => Gradients {
  return stage(options);
}

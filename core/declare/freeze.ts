/**
 * Freezing: a layer, or a whole branch of them, as a fixed function.
 *
 * @module
 */
import { callableOf, stageOf, type StageSignature } from "./define_stage.ts";

/**
 * A layer as a fixed function: nothing that it holds changes, in training as little as in use.
 *
 * - Its parameters, and those of all layers inside, get no gradient, so no optimizer changes them.
 * - It is built as for unseen data, also while training: dropout is absent, batch normalization uses
 *   the mean and variance that it has gathered, and gathers no more.
 * - Gradients pass through it to what it reads: a generator learns through a frozen critic. Put
 *   {@linkcode stopGradient} behind it where they need not.
 *
 * Paths of parameters are as without it, so that weights of the same layers can be loaded whether
 * frozen or not. A layer may be frozen in one place and learn in another: `freeze(layer)` shares the
 * parameters of `layer`. A frozen transform keeps what it was fitted to where that was loaded (see
 * `initialWeights` of a pipeline), and is fitted like any other where it was not.
 *
 * Differs: Keras's `trainable = false` keeps dropout active and is a property of the layer
 * everywhere; PyTorch needs both `requires_grad_(False)` and `eval()`.
 *
 * @param layer A layer or transform, as `dense(10)` or `sequential(…)` makes one.
 * @returns The layer, frozen, with the same signature.
 * @throws {TypeError} When it is no layer or transform.
 *
 * @example
 * ```ts
 * import { arrays, backward, dense, freeze, meanSquaredError, pipeline, sgd, train } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const points = arrays({ x: [[0], [1]], y: [[1], [3]] });
 * const features = freeze(dense(4, { kernelInitializer: "ones" }))(points.x);
 * const line = dense(1)(features);
 * const loss = meanSquaredError()({ predictions: line, targets: points.y });
 * const fit = sgd()(backward()(loss));
 * const { model, parameters } = await train(
 *   pipeline({ name: "frozen", stages: { points, features, line, fit } }),
 * );
 * assertEquals(parameters, 5); // of line: weight [4, 1] and bias [1]
 * assertEquals([...model.tensors["features.weight"]!.data], [1, 1, 1, 1]);
 * ```
 */
export function freeze<Layer extends StageSignature>(layer: Layer): Layer {
  const stage = stageOf(layer);
  if (stage?.definition.kind !== "traced" || stage.definition.output !== "tensor") {
    throw new TypeError(
      "Cannot freeze this: expected a layer or transform, as dense(10) makes one, before it is called",
    );
  }
  return callableOf({ ...stage, freezes: stage.freezes ?? stage }) as Layer;
}

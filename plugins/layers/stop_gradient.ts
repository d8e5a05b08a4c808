/**
 * A barrier for gradients.
 *
 * @module
 */
import { z } from "zod";
import { defineLayer, lazySchema, ops, type Schema } from "../../core/mod.ts";
import type { ShapeKeepingLayer } from "./activations.ts";

type NoOptions = Readonly<Record<never, never>>;

const config: Schema<NoOptions, NoOptions> = lazySchema(() => z.strictObject({}));

const stage = defineLayer<ShapeKeepingLayer>()({
  name: "stopGradient",
  config,
  formula: "y = x, ∂y/∂x = 0",
  build: ({ x }) => ops.stopGradient(x),
});

/**
 * `y = x`, as a constant to whatever differentiates it: what is before gets no gradient from what is
 * behind, and costs nothing. Of a loss behind it, `backward()` finds no parameter before it.
 *
 * Shapes: `x [batch, …] -> [batch, …]`
 *
 * Gradient: none.
 *
 * Differs: where the layers before are not to learn from anything, {@linkcode freeze} says so, and
 * also builds them as for unseen data.
 *
 * Counterparts: Keras `ops.stop_gradient`; PyTorch `Tensor.detach`; TensorFlow.js none
 *
 * @returns A layer without parameters.
 *
 * @example
 * ```ts
 * import { arrays, backward, dense, meanSquaredError, pipeline, sgd, stopGradient, train } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const points = arrays({ x: [[0], [1]], y: [[1], [3]] });
 * const hidden = dense(4)(points.x);
 * const line = dense(1)(stopGradient()(hidden));
 * const loss = meanSquaredError()({ predictions: line, targets: points.y });
 * const fit = sgd()(backward()(loss));
 * const { parameters } = await train(pipeline({ name: "stopped", stages: { points, hidden, line, fit } }));
 * assertEquals(parameters, 5); // of line; hidden does not learn
 * ```
 */
export function stopGradient(): ShapeKeepingLayer {
  return stage({});
}

/**
 * The layer that gives rows another shape.
 *
 * @module
 */
import { z } from "zod";
import {
  type AnyTensor,
  defineLayer,
  type Dim,
  lazySchema,
  ops,
  type Schema,
  type Tensor,
} from "../../core/mod.ts";

/** A row's shape as types have it: a size left open is the planner's to know. */
export type RowShape<S extends readonly number[]> = {
  readonly [axis in keyof S]: S[axis] extends -1 ? number : S[axis];
};

/** Signature of {@linkcode reshape}. */
export type ReshapeLayer<S extends readonly number[]> = <
  B extends Dim,
  R extends readonly Dim[],
>(x: Tensor<readonly [B, ...R]>) => Tensor<readonly [B, ...RowShape<S>]>;

interface ReshapeConfig {
  readonly shape: readonly number[];
}

const config: Schema<ReshapeConfig, ReshapeConfig> = lazySchema(() =>
  z.strictObject({
    shape: z.array(
      z.int().refine((size) => size === -1 || size >= 1, {
        error: "expected a size of 1 or more, or -1 for what the others leave",
      }),
    ).readonly().refine((shape) => shape.filter((size) => size === -1).length <= 1, {
      error: "expected at most one -1",
    }).describe("Sizes of a row's axes, without the batch; -1 for what the others leave"),
  })
);

const stage = defineLayer<(x: AnyTensor) => AnyTensor>()({
  name: "reshape",
  config,
  formula: "y = x in another shape",
  build: ({ x }, { config: { shape } }) => ops.reshape(x, [x.spec.shape[0]!, ...shape]),
});

/**
 * The same elements in the same order, each row of the batch in another shape: what puts a grey image
 * `[28, 28]` into the form `[28, 28, 1]` that convolutions take.
 *
 * Shapes: `x [batch, …] -> [batch, …shape]`
 *
 * Gradient: `∂L/∂y` in the shape of x
 *
 * Counterparts: Keras `Reshape`; PyTorch `Unflatten, Tensor.reshape`; TensorFlow.js
 * `layers.reshape`
 *
 * @param shape Sizes without the batch axis; one of them may be -1: it is what the others leave.
 * @returns A layer without parameters.
 *
 * @example
 * ```ts
 * import { conv2d, flatten, reshape, sequential, stageOf } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const model = sequential(reshape([28, 28, 1]), conv2d(8, 5), flatten());
 * assertEquals(stageOf(model)?.definition.name, "sequential");
 * ```
 */
export function reshape<const S extends readonly number[]>(shape: S): ReshapeLayer<S> {
  return stage({ shape });
}

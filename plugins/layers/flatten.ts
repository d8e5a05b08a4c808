/**
 * The layer that lays all axes but the batch in one row.
 *
 * @module
 */
import { z } from "zod";
import { defineLayer, type Dim, lazySchema, ops, sizeOf, type Tensor } from "../../core/mod.ts";

/** Signature of {@linkcode flatten}: the product of the sizes is the planner's to know. */
export type FlattenLayer = <B extends Dim, S extends readonly Dim[]>(
  x: Tensor<readonly [B, ...S]>,
) => Tensor<readonly [B, number]>;

const stage = defineLayer<FlattenLayer>()({
  name: "flatten",
  config: lazySchema(() => z.strictObject({})),
  formula: "y[b, i·n + j] = x[b, i, j]",
  build({ x }) {
    const [batch, ...row] = x.spec.shape;
    return ops.reshape(x, [batch!, sizeOf(row)]);
  },
});

/**
 * `y[b, i·n + j] = x[b, i, j]`: each row of the batch becomes a vector, the last axis running
 * fastest.
 *
 * Shapes: `x [batch, …] -> [batch, product of …]`
 *
 * Counterparts: Keras `Flatten`; PyTorch `Flatten`; TensorFlow.js `layers.flatten`
 *
 * @returns A layer without parameters.
 *
 * @example
 * ```ts
 * import { flatten, stageOf } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(stageOf(flatten())?.definition.name, "flatten");
 * ```
 */
export function flatten(): FlattenLayer {
  return stage({});
}

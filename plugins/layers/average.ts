/**
 * The mean of branches.
 *
 * @module
 */
import { ops } from "../../core/mod.ts";
import { defineMergingLayer, type MergingLayer } from "./merge.ts";

const stage = defineMergingLayer<MergingLayer>({
  name: "average",
  formula: "y = (x₁ + … + xₙ) / n",
  merge: (x) => ops.mul(x.reduce((sum, value) => ops.add(sum, value)), 1 / x.length),
});

/**
 * `y = (x₁ + … + xₙ) / n`: the mean of tensors of one shape.
 *
 * Shapes: `x₁ … xₙ [batch, …] -> [batch, …]`; never broadcast
 *
 * Gradient: `∂L/∂xᵢ = ∂L/∂y / n`
 *
 * Counterparts: Keras `Average`; PyTorch none; TensorFlow.js `layers.average`
 *
 * @returns A layer without parameters, called with an array of handles.
 * @throws {TypeError} When the shapes differ, as the pipeline is checked.
 *
 * @example
 * ```ts
 * import { arrays, average, dense } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const table = arrays({ x: [[1, 2]], y: [[3, 5]] });
 * const merged = average()([table.x, table.y]); // [[2, 3.5]]
 * const scores = dense(3)(merged);
 * assertEquals(scores.stage.inputs.x?.stage.definition.name, "average");
 * ```
 */
export function average(): MergingLayer {
  return stage();
}

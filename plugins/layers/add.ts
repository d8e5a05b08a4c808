/**
 * The sum of branches.
 *
 * @module
 */
import { ops } from "../../core/mod.ts";
import { defineMergingLayer, type MergingLayer } from "./merge.ts";

const stage = defineMergingLayer<MergingLayer>({
  name: "add",
  formula: "y = x₁ + … + xₙ",
  merge: (x) => x.reduce((sum, value) => ops.add(sum, value)),
});

/**
 * `y = x₁ + … + xₙ`: the sum of tensors of one shape.
 *
 * Shapes: `x₁ … xₙ [batch, …] -> [batch, …]`; never broadcast
 *
 * Gradient: `∂L/∂xᵢ = ∂L/∂y`
 *
 * Counterparts: Keras `Add`; PyTorch `torch.add`; TensorFlow.js `layers.add`
 *
 * @returns A layer without parameters, called with an array of handles.
 * @throws {TypeError} When the shapes differ, as the pipeline is checked.
 *
 * @example
 * ```ts
 * import { add, arrays, dense } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const table = arrays({ x: [[1, 2]], y: [[3, 5]] });
 * const merged = add()([table.x, table.y]); // [[4, 7]]
 * const scores = dense(3)(merged);
 * assertEquals(scores.stage.inputs.x?.stage.definition.name, "add");
 * ```
 */
export function add(): MergingLayer {
  return stage();
}

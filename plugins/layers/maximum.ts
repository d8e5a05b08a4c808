/**
 * The largest of branches.
 *
 * @module
 */
import { ops } from "../../core/mod.ts";
import { defineMergingLayer, type MergingLayer } from "./merge.ts";

const stage = defineMergingLayer<MergingLayer>({
  name: "maximum",
  formula: "y = max(x₁, …, xₙ)",
  merge: (x) => x.reduce((most, value) => ops.maximum(most, value)),
});

/**
 * `y = max(x₁, …, xₙ)`, place by place: the largest of tensors of one shape.
 *
 * Shapes: `x₁ … xₙ [batch, …] -> [batch, …]`; never broadcast
 *
 * Gradient: `∂L/∂y` to the largest; where two are equal, half to each, as PyTorch has it
 *
 * Counterparts: Keras `Maximum`; PyTorch `torch.maximum`; TensorFlow.js `layers.maximum`
 *
 * @returns A layer without parameters, called with an array of handles.
 * @throws {TypeError} When the shapes differ, as the pipeline is checked.
 *
 * @example
 * ```ts
 * import { arrays, dense, maximum } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const table = arrays({ x: [[1, 2]], y: [[3, 5]] });
 * const merged = maximum()([table.x, table.y]); // [[3, 5]]
 * const scores = dense(3)(merged);
 * assertEquals(scores.stage.inputs.x?.stage.definition.name, "maximum");
 * ```
 */
export function maximum(): MergingLayer {
  return stage();
}

/**
 * The smallest of branches.
 *
 * @module
 */
import { ops } from "../../core/mod.ts";
import { defineMergingLayer, type MergingLayer } from "./merge.ts";

const stage = defineMergingLayer<MergingLayer>({
  name: "minimum",
  formula: "y = min(x₁, …, xₙ)",
  merge: (x) => x.reduce((least, value) => ops.minimum(least, value)),
});

/**
 * `y = min(x₁, …, xₙ)`, place by place: the smallest of tensors of one shape.
 *
 * Shapes: `x₁ … xₙ [batch, …] -> [batch, …]`; never broadcast
 *
 * Gradient: `∂L/∂y` to the smallest; where two are equal, half to each, as PyTorch has it
 *
 * Counterparts: Keras `Minimum`; PyTorch `torch.minimum`; TensorFlow.js `layers.minimum`
 *
 * @returns A layer without parameters, called with an array of handles.
 * @throws {TypeError} When the shapes differ, as the pipeline is checked.
 *
 * @example
 * ```ts
 * import { arrays, dense, minimum } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const table = arrays({ x: [[1, 2]], y: [[3, 5]] });
 * const merged = minimum()([table.x, table.y]); // [[1, 2]]
 * const scores = dense(3)(merged);
 * assertEquals(scores.stage.inputs.x?.stage.definition.name, "minimum");
 * ```
 */
export function minimum(): MergingLayer {
  return stage();
}

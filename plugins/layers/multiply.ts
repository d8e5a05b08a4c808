/**
 * The product of branches.
 *
 * @module
 */
import { ops } from "../../core/mod.ts";
import { defineMergingLayer, type MergingLayer } from "./merge.ts";

const stage = defineMergingLayer<MergingLayer>({
  name: "multiply",
  formula: "y = x₁ · … · xₙ",
  merge: (x) => x.reduce((product, value) => ops.mul(product, value)),
});

/**
 * `y = x₁ · … · xₙ`, place by place: the product of tensors of one shape, as a gate is.
 *
 * Shapes: `x₁ … xₙ [batch, …] -> [batch, …]`; never broadcast
 *
 * Gradient: `∂L/∂xᵢ = ∂L/∂y · Π_{j≠i} xⱼ`
 *
 * Counterparts: Keras `Multiply`; PyTorch `torch.mul`; TensorFlow.js `layers.multiply`
 *
 * @returns A layer without parameters, called with an array of handles.
 * @throws {TypeError} When the shapes differ, as the pipeline is checked.
 *
 * @example
 * ```ts
 * import { arrays, dense, multiply } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const table = arrays({ x: [[1, 2]], y: [[3, 5]] });
 * const merged = multiply()([table.x, table.y]); // [[3, 10]]
 * const scores = dense(3)(merged);
 * assertEquals(scores.stage.inputs.x?.stage.definition.name, "multiply");
 * ```
 */
export function multiply(): MergingLayer {
  return stage();
}

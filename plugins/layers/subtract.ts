/**
 * The difference of two branches.
 *
 * @module
 */
import { ops } from "../../core/mod.ts";
import { defineMergingLayer, type PairMergingLayer } from "./merge.ts";

const stage = defineMergingLayer<PairMergingLayer>({
  name: "subtract",
  formula: "y = x₁ - x₂",
  most: 2,
  merge: ([x1, x2]) => ops.sub(x1!, x2!),
});

/**
 * `y = x₁ - x₂`: the difference of two tensors of one shape.
 *
 * Shapes: `x₁, x₂ [batch, …] -> [batch, …]`; never broadcast
 *
 * Gradient: `∂L/∂x₁ = ∂L/∂y`, `∂L/∂x₂ = -∂L/∂y`
 *
 * Counterparts: Keras `Subtract`; PyTorch `torch.sub`; TensorFlow.js `sub`
 *
 * @returns A layer without parameters, called with an array of handles.
 * @throws {TypeError} When the shapes differ, as the pipeline is checked.
 *
 * @example
 * ```ts
 * import { arrays, dense, subtract } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const table = arrays({ x: [[1, 2]], y: [[3, 5]] });
 * const merged = subtract()([table.x, table.y]); // [[-2, -3]]
 * const scores = dense(3)(merged);
 * assertEquals(scores.stage.inputs.x?.stage.definition.name, "subtract");
 * ```
 */
export function subtract(): PairMergingLayer {
  return stage();
}

/**
 * Class numbers as numbers.
 *
 * @module
 */
import { z } from "zod";
import {
  type ClassLabels,
  defineStage,
  type Dim,
  lazySchema,
  ops,
  type Tensor,
} from "../../core/mod.ts";

/** Signature of {@linkcode ordinal}. */
export type Ordinal = <B extends Dim, C extends number>(
  labels: ClassLabels<B, C>,
) => Tensor<readonly [B, 1]>;

const stage = defineStage<Ordinal>()({
  name: "ordinal",
  family: "transform",
  kind: "traced",
  config: lazySchema(() => z.strictObject({})),
  formula: "y[b, 0] = label[b]",
  inputs: { labels: { kind: "labels" } },
  output: "tensor",
  build({ labels: { value, column } }, { nameColumns }) {
    nameColumns(column === undefined ? undefined : [column]);
    return ops.expandDims(ops.cast(value, "f32"), [1]);
  },
});

/**
 * `y[b, 0] = label[b]`: the number of the class, for classes whose order means something (small, middle,
 * large). Others are better told apart by `oneHot()`.
 *
 * Shapes: `labels [batch] -> [batch, 1]`
 *
 * Counterparts: Keras `IntegerLookup`; PyTorch none; TensorFlow.js none
 *
 * @returns A transform without parameters.
 *
 * @example
 * ```ts
 * import { arrays, ordinal } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const shirts = arrays({ size: { values: [0, 2], classes: ["S", "M", "L"] } });
 * const sizes = ordinal()(shirts.size); // f32[batch, 1]
 * assertEquals(sizes.stage.definition.name, "ordinal");
 * ```
 */
export function ordinal(): Ordinal {
  return stage({});
}

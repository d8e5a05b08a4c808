/**
 * Class numbers as vectors.
 *
 * @module
 */
import { z } from "zod";
import { type ClassLabels, defineStage, type Dim, ops, type Tensor } from "../../core/mod.ts";

/** Signature of {@linkcode oneHot}. */
export type OneHot = <B extends Dim, C extends number>(
  labels: ClassLabels<B, C>,
) => Tensor<readonly [B, C]>;

const stage = defineStage<OneHot>()({
  name: "oneHot",
  family: "transform",
  kind: "traced",
  config: z.strictObject({}),
  formula: "y[b, c] = [label[b] = c]",
  inputs: { labels: { kind: "labels" } },
  output: "tensor",
  build: ({ labels }) => ops.oneHot(labels.value, labels.classes),
});

/**
 * `y[b, c] = [label[b] = c]`: 1 in the column of the row's class, 0 elsewhere.
 *
 * Shapes: `labels [batch] -> [batch, classes]`
 *
 * Counterparts: Keras `CategoryEncoding(output_mode="one_hot")`; PyTorch `nn.functional.one_hot`;
 * TensorFlow.js `oneHot`
 *
 * @returns A transform without parameters.
 *
 * @example
 * ```ts
 * import { mnist, oneHot } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const targets = oneHot()(mnist().label); // f32[batch, 10]
 * assertEquals(targets.stage.definition.formula, "y[b, c] = [label[b] = c]");
 * ```
 */
export function oneHot(): OneHot {
  return stage({});
}

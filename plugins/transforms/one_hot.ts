/**
 * Class numbers as vectors.
 *
 * @module
 */
import { z } from "zod";
import {
  type AnyTensor,
  type ClassLabels,
  defineStage,
  type Dim,
  type DType,
  lazySchema,
  ops,
  type Tensor,
} from "../../core/mod.ts";

/** Signature of {@linkcode oneHot}. */
export type OneHot = <B extends Dim, C extends number>(
  labels: ClassLabels<B, C>,
) => Tensor<readonly [B, C]>;

/** Signature of {@linkcode oneHot} of so many classes: whole numbers of any shape become vectors. */
export type OneHotNumbers<N extends number> = <
  S extends readonly Dim[],
  D extends Exclude<DType, "f32">,
>(numbers: Tensor<S, D>) => Tensor<readonly [...S, N]>;

const stage = defineStage<OneHot>()({
  name: "oneHot",
  family: "transform",
  kind: "traced",
  config: lazySchema(() => z.strictObject({})),
  formula: "y[b, c] = [label[b] = c]",
  inputs: { labels: { kind: "labels" } },
  output: "tensor",
  build({ labels: { value, classes, names, column } }, { nameColumns }) {
    const ends = names ?? Array.from({ length: classes }, (_, number) => String(number));
    nameColumns(ends.map((end) => column === undefined ? end : `${column}_${end}`));
    return ops.oneHot(value, classes);
  },
});

const numbersStage = defineStage<(numbers: AnyTensor) => AnyTensor>()({
  name: "oneHotNumbers",
  family: "transform",
  kind: "traced",
  config: lazySchema(() =>
    z.strictObject({ classes: z.int().min(1).describe("Number of classes") })
  ),
  formula: "y[…, c] = [numbers[…] = c]",
  inputs: { numbers: { kind: "tensor", dtypes: ["u8", "i32", "u32"] } },
  output: "tensor",
  build: ({ numbers }, { config: { classes } }) => ops.oneHot(numbers, classes),
});

/**
 * `y[b, c] = [label[b] = c]`: 1 in the column of the row's class, 0 elsewhere.
 *
 * Shapes: `labels [batch] -> [batch, classes]`; with `classes`, whole numbers of any shape:
 * `numbers [batch, …] -> [batch, …, classes]`
 *
 * Numerics: a number that is no class gives zeros.
 *
 * Counterparts: Keras `CategoryEncoding(output_mode="one_hot")`; PyTorch `nn.functional.one_hot`;
 * TensorFlow.js `oneHot`
 *
 * @param classes Number of classes, at least 1, for numbers that are a tensor: labels know it themselves.
 * @returns A transform without parameters.
 *
 * @example
 * ```ts
 * import { characters, mnist, oneHot } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const targets = oneHot()(mnist().label); // f32[batch, 10]
 * assertEquals(targets.stage.definition.formula, "y[b, c] = [label[b] = c]");
 * const text = characters({ path: "pipelines/samples/moby_dick.txt", length: 24 });
 * oneHot(27)(text.following); // f32[batch, 24, 27]
 * ```
 */
export function oneHot(): OneHot;
/**
 * Whole numbers of any shape as vectors.
 *
 * @param classes Number of classes, at least 1.
 */
export function oneHot<const N extends number>(classes: N): OneHotNumbers<N>;
export function oneHot(classes?: number): unknown {
  return classes === undefined ? stage({}) : numbersStage({ classes });
}

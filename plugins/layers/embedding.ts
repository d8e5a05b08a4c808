/**
 * Vectors for whole numbers.
 *
 * @module
 */
import { z } from "zod";
import {
  type AnyTensor,
  defineLayer,
  type Dim,
  type DType,
  lazySchema,
  ops,
  type Schema,
  type Tensor,
} from "../../core/mod.ts";
import { initializerField } from "../fields.ts";
import { type InitializerLike, resolveInitializer } from "../initializers/mod.ts";

/** Options of {@linkcode embedding}. */
export interface EmbeddingOptions {
  /** First values of the table. Default `"randomUniform"`, in ±0.05. */
  readonly embeddingsInitializer?: InitializerLike | undefined;
}

interface EmbeddingConfig {
  readonly size: number;
  readonly width: number;
  readonly embeddingsInitializer: InitializerLike;
}

/** Signature of {@linkcode embedding}: whole numbers of any shape become vectors. */
export type EmbeddingLayer<N extends number> = <
  S extends readonly Dim[],
  D extends Exclude<DType, "f32">,
>(x: Tensor<S, D>) => Tensor<readonly [...S, N]>;

const config: Schema<
  EmbeddingOptions & { readonly size: number; readonly width: number },
  EmbeddingConfig
> = lazySchema(() =>
  z.strictObject({
    size: z.int().min(1).describe("Number of vectors: every input is below it"),
    width: z.int().min(1).describe("Length of a vector"),
    embeddingsInitializer: initializerField("randomUniform", "First values of the table"),
  })
);

const stage = defineLayer<(x: AnyTensor) => AnyTensor>()({
  name: "embedding",
  config,
  formula: "y = weight[x]",
  dtypes: ["u8", "i32", "u32"],
  parameters: ({ size, width, embeddingsInitializer }) => ({
    weight: { shape: [size, width], initializer: resolveInitializer(embeddingsInitializer) },
  }),
  build: ({ x, weight }) => ops.gather(weight, x),
});

/**
 * `y = weight[x]`: each whole number is replaced by its row of a table that is learned: what words,
 * characters or other categories become before a network can compute with them.
 *
 * Shapes: `x [batch, …] of whole numbers, weight [size, width] -> [batch, …, width]`
 *
 * Gradient: `∂L/∂weight[j] = Σ_{x=j} ∂L/∂y`, the sum over all places where the number stands; none to x
 *
 * Numerics: a number that is not below `size` gives NaN, which stops training at its rows.
 *
 * Differs: as Keras's `Embedding` without `mask_zero`, and PyTorch's without `padding_idx`: what is
 * padding is said by a mask, which `paddingMask` makes. PyTorch draws the table normally.
 *
 * Counterparts: Keras `Embedding`; PyTorch `Embedding`; TensorFlow.js `layers.embedding`
 *
 * @param size Number of rows of the table, at least 1: as many numbers, from 0.
 * @param width Length of a row, at least 1.
 * @returns A layer with the parameter `weight`.
 *
 * @example
 * ```ts
 * import { embedding, stageOf } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(stageOf(embedding(1000, 16))?.definition.formula, "y = weight[x]");
 * ```
 */
export function embedding<const N extends number>(
  size: number,
  width: N,
  options: EmbeddingOptions = {},
): EmbeddingLayer<N> {
  return stage({ ...options, size, width }) as EmbeddingLayer<N>;
}

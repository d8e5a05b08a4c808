/**
 * Masks from padded sequences of numbers.
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

interface PaddingMaskConfig {
  readonly padding: number;
}

/** Signature of {@linkcode paddingMask}. */
export type PaddingMaskLayer = <S extends readonly Dim[], D extends Exclude<DType, "f32">>(
  x: Tensor<S, D>,
) => Tensor<S>;

const config: Schema<{ readonly padding?: number | undefined }, PaddingMaskConfig> = lazySchema(
  () =>
    z.strictObject(
      {
        padding: z.int().min(0).default(0).describe("The number that stands for padding"),
      },
    ),
);

const stage = defineLayer<(x: AnyTensor) => AnyTensor>()({
  name: "paddingMask",
  config,
  formula: "y = [x ≠ padding]",
  dtypes: ["u8", "i32", "u32"],
  build: ({ x }, { config: { padding } }) => ops.notEqual(x, padding),
});

/**
 * `y = [x ≠ padding]`: 1 where a number counts, 0 where it is padding: the mask that recurrent layers
 * and attention take.
 *
 * Shapes: `x [batch, …] of whole numbers -> [batch, …]`
 *
 * Gradient: none.
 *
 * Differs: Keras's `Embedding` with `mask_zero` makes such a mask and hands it on unseen; here it is a
 * value as any other, and goes where it is wired.
 *
 * Counterparts: Keras `Embedding(mask_zero=True)`; PyTorch `key_padding_mask`; TensorFlow.js
 * `layers.embedding({ maskZero: true })`
 *
 * @param padding The number that stands for padding; 0 by default.
 * @returns A layer without parameters.
 *
 * @example
 * ```ts
 * import { embedding, lstm, paddingMask, type Tensor } from "@millrace/millrace";
 *
 * function classify(words: Tensor<readonly ["batch", 40], "i32">) {
 *   return lstm(32)({ x: embedding(5000, 16)(words), mask: paddingMask()(words) });
 * }
 * ```
 */
export function paddingMask(padding = 0): PaddingMaskLayer {
  return stage({ padding }) as PaddingMaskLayer;
}

/**
 * Texts as buckets, for categories without a list.
 *
 * @module
 */
import { z } from "zod";
import {
  type AnyLabels,
  type AnyText,
  type ClassLabels,
  defineHostStage,
  lazySchema,
  type Schema,
  streamOf,
} from "../../core/mod.ts";
import { textsOf } from "./texts.ts";

/** Signature of {@linkcode hashText}. */
export type HashText<C extends number> = (
  text: AnyText,
) => { readonly bucket: ClassLabels<"batch", C> };

interface HashTextConfig {
  readonly buckets: number;
}

const config: Schema<HashTextConfig, HashTextConfig> = lazySchema(() =>
  z.strictObject({
    buckets: z.int().min(2).max(2147483647).describe("Number of buckets"),
  })
);

const stage = defineHostStage<(text: AnyText) => { readonly bucket: AnyLabels }>()({
  name: "hashText",
  family: "transform",
  kind: "host",
  config,
  formula: "bucket = fnv1a(text) mod buckets",
  inputs: { text: { kind: "tensor", encoding: "utf-8", rank: 2 } },
  ports: (_, { buckets }) => ({
    bucket: { kind: "labels", dtype: buckets <= 256 ? "u8" : "i32", classes: buckets },
  }),
  map({ text }, { config: { buckets } }) {
    const numbers = textsOf(text).map((one) => streamOf(one) % buckets);
    const shape = [numbers.length];
    return {
      bucket: buckets <= 256
        ? { dtype: "u8", shape, data: Uint8Array.from(numbers) }
        : { dtype: "i32", shape, data: Int32Array.from(numbers) },
    };
  },
});

/**
 * `bucket = fnv1a(text) mod buckets`: a class number for any text, known or not: for names, towns,
 * articles, of which there are many and new ones come. Different texts may share a bucket: with `n`
 * texts in `m` buckets a text is alone with a chance of about `exp(-n / m)`.
 *
 * Shapes: `text u8[batch, bytes] -> bucket [batch]` of `buckets` classes
 *
 * Numerics: FNV-1a over the UTF-8 bytes, 32 bits.
 *
 * Differs: Keras's `Hashing` takes FarmHash, so that the numbers are others.
 *
 * Counterparts: Keras `Hashing`; PyTorch none; TensorFlow.js none
 *
 * @returns A transform without parameters.
 *
 * @example
 * ```ts
 * import { hashText, labelledTexts, oneHot } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const orders = labelledTexts({ path: "orders.csv", classes: ["kept", "returned"] });
 * const towns = oneHot()(hashText(64)(orders.text).bucket); // f32[batch, 64]
 * assertEquals(towns.stage.definition.name, "oneHot");
 * ```
 *
 * Source: Weinberger et al., "Feature hashing for large scale multitask learning", 2009,
 * https://arxiv.org/abs/0902.2206
 */
export function hashText<const C extends number>(buckets: C): HashText<C> {
  return stage({ buckets });
}

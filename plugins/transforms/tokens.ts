/**
 * Texts as the numbers of their words or characters, by a vocabulary of the training split.
 *
 * @module
 */
import { z } from "zod";
import {
  type AnyTensor,
  type AnyText,
  defineHostStage,
  lazySchema,
  type Schema,
  type Tensor,
} from "../../core/mod.ts";
import { type TermConfig, TermCounts, termFields, type TermOptions, termsOf } from "./terms.ts";
import { readTextList, textList, textsOf } from "./texts.ts";

/** Options of {@linkcode tokens}. */
export interface TokensOptions<L extends number = number> extends TermOptions {
  /** Number of token numbers, those of padding and of unknown terms among them. */
  readonly vocabulary: number;
  /** Tokens of a text: those behind are left out, and what is missing is padding. */
  readonly length: L;
}

/** What {@linkcode tokens} gives. */
export type Tokens<L extends number> = {
  /** Token numbers: 0 is padding, 1 a term that is not in the vocabulary. */
  readonly tokens: Tensor<readonly ["batch", L], "i32">;
};

interface TokensConfig extends TermConfig {
  readonly vocabulary: number;
  readonly length: number;
}

const config: Schema<TokensOptions, TokensConfig> = lazySchema(() =>
  z.strictObject({
    vocabulary: z.int().min(3).describe(
      "Number of token numbers, those of padding and of unknown terms among them",
    ),
    length: z.int().min(1).describe("Tokens of a text"),
    ...termFields(),
  })
);

const stage = defineHostStage<(text: AnyText) => { readonly tokens: AnyTensor }>()({
  name: "tokens",
  family: "transform",
  kind: "host",
  config,
  inputs: { text: { kind: "tensor", encoding: "utf-8", rank: 2 } },
  ports: (_, { length }) => ({ tokens: { kind: "tensor", dtype: "i32", shape: [length] } }),
  async fit({ batches, config }) {
    const counts = new TermCounts();
    for await (const { text } of batches) {
      for (const one of textsOf(text)) counts.add(termsOf(one, config));
    }
    return { vocabulary: textList(counts.most(config.vocabulary - 2, config.minCount).terms) };
  },
  prepare: ({ fitted }) => new Map(readTextList(fitted.vocabulary).map((term, i) => [term, i + 2])),
  map({ text }, { config, prepared: numbers }) {
    const { length, vocabulary } = config;
    const texts = textsOf(text);
    const data = new Int32Array(texts.length * length);
    texts.forEach((one, row) => {
      const terms = termsOf(one, config);
      for (let i = 0; i < Math.min(terms.length, length); i++) {
        const number = numbers.get(terms[i]!) ?? 1;
        data[row * length + i] = number < vocabulary ? number : 1;
      }
    });
    return { tokens: { dtype: "i32", shape: [texts.length, length], data } };
  },
});

/**
 * Texts as numbers of their words, or characters, one after the other: what an embedding reads. The
 * vocabulary is that of the terms that are in most training texts; it is saved with the model.
 *
 * Shapes: `text u8[batch, bytes] -> tokens i32[batch, length]`; below `vocabulary`: 0 is padding, 1 a
 * term that is not in the vocabulary, 2 the most frequent term
 *
 * Differs: numbers as in Keras's `TextVectorization`, which orders terms by how often they occur, not
 * by how many texts they are in, and takes off punctuation instead of cutting at it.
 *
 * Counterparts: Keras `TextVectorization`; PyTorch none; TensorFlow.js none
 *
 * @returns A transform that is fitted.
 *
 * @example
 * ```ts
 * import { arrays, labelledTexts, tokens } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const reviews = labelledTexts({ path: "reviews.csv", classes: ["negative", "positive"] });
 * const words = tokens({ vocabulary: 5000, length: 200 })(reviews.text);
 * assertEquals(words.tokens.port, "tokens"); // i32[batch, 200]
 * ```
 */
export function tokens<const L extends number>(
  options: TokensOptions<L>,
): (text: AnyText) => Tokens<L> {
  return stage(options);
}

/**
 * Texts as the weights of the terms that are in them, whatever their order.
 *
 * @module
 */
import { z } from "zod";
import {
  type AnyTensor,
  type AnyText,
  defineHostStage,
  hostTensor,
  lazySchema,
  type Schema,
  type Tensor,
} from "../../core/mod.ts";
import { type TermConfig, TermCounts, termFields, type TermOptions, termsOf } from "./terms.ts";
import { readTextList, textList, textsOf } from "./texts.ts";

/** Options of {@linkcode bagOfWords}. */
export interface BagOfWordsOptions<V extends number = number> extends TermOptions {
  /** Number of terms, each of which is a column; those in most training texts. */
  readonly vocabulary: V;
  /** Whether a term is there, how often, or how often against in how many texts. Default `"tfidf"`. */
  readonly weights?: "binary" | "count" | "tfidf" | undefined;
}

/** What {@linkcode bagOfWords} gives. */
export type BagOfWords<V extends number> = {
  /** The weights, a column for each term. */
  readonly weights: Tensor<readonly ["batch", V]>;
};

interface BagOfWordsConfig extends TermConfig {
  readonly vocabulary: number;
  readonly weights: "binary" | "count" | "tfidf";
}

const config: Schema<BagOfWordsOptions, BagOfWordsConfig> = lazySchema(() =>
  z.strictObject({
    vocabulary: z.int().min(1).describe("Number of terms, each of which is a column"),
    weights: z.enum(["binary", "count", "tfidf"]).default("tfidf").describe(
      "Whether a term is there, how often, or how often against in how many texts",
    ),
    ...termFields(),
  })
);

const stage = defineHostStage<(text: AnyText) => { readonly weights: AnyTensor }>()({
  name: "bagOfWords",
  family: "transform",
  kind: "host",
  config,
  formula: "tfidf = tf · (ln((1 + texts) / (1 + texts with term)) + 1), ‖row‖ = 1",
  inputs: { text: { kind: "tensor", encoding: "utf-8", rank: 2 } },
  ports: (_, { vocabulary }) => ({
    weights: { kind: "tensor", dtype: "f32", shape: [vocabulary] },
  }),
  async fit({ batches, config }) {
    const found = new TermCounts();
    for await (const { text } of batches) {
      for (const one of textsOf(text)) found.add(termsOf(one, config));
    }
    const { terms, counts } = found.most(config.vocabulary, config.minCount);
    const rarity = counts.map((count) => Math.log((1 + found.texts) / (1 + count)) + 1);
    return {
      vocabulary: textList(terms),
      rarity: hostTensor(Float32Array.from(rarity), { shape: [terms.length] }),
    };
  },
  prepare: ({ fitted }) => ({
    numbers: new Map(readTextList(fitted.vocabulary).map((term, i) => [term, i])),
    rarity: fitted.rarity!.data,
  }),
  map({ text }, { config, prepared: { numbers, rarity } }) {
    const { vocabulary, weights } = config;
    const texts = textsOf(text);
    const data = new Float32Array(texts.length * vocabulary);
    texts.forEach((one, row) => {
      const columns = data.subarray(row * vocabulary, (row + 1) * vocabulary);
      for (const term of termsOf(one, config)) {
        const column = numbers.get(term);
        if (column === undefined || column >= vocabulary) continue;
        columns[column] = weights === "binary" ? 1 : columns[column]! + 1;
      }
      if (weights === "tfidf") weigh(columns, rarity);
    });
    return { weights: { dtype: "f32", shape: [texts.length, vocabulary], data } };
  },
});

/** Makes weights of counts, in place: each times the rarity of its term, the row of length 1. */
function weigh(counts: Float32Array, rarity: ArrayLike<number>): void {
  let squares = 0;
  for (let i = 0; i < counts.length; i++) {
    if (counts[i] === 0) continue;
    const weight = counts[i]! * (rarity[i] ?? 0);
    counts[i] = weight;
    squares += weight * weight;
  }
  if (squares === 0) return;
  const scale = 1 / Math.sqrt(squares);
  for (let i = 0; i < counts.length; i++) counts[i]! *= scale;
}

/**
 * Texts as rows of weights, a column for each term of a vocabulary: 1 where it is in the text
 * (`binary`), how often (`count`), or `tfidf`: how often, times `ln((1 + n) / (1 + n_term)) + 1` for a
 * term that is in `n_term` of the `n` training texts, the row scaled to length 1. The vocabulary is that
 * of the terms that are in most training texts; it is saved with the model.
 *
 * Shapes: `text u8[batch, bytes] -> weights f32[batch, vocabulary]`
 *
 * Differs: the weights of scikit-learn's `TfidfVectorizer`, which takes words of two or more letters
 * or digits, and of its `max_features` the terms that occur most often.
 *
 * Counterparts: Keras `TextVectorization(output_mode="count")`; PyTorch none; TensorFlow.js none
 *
 * @returns A transform that is fitted.
 *
 * @example
 * ```ts
 * import { bagOfWords, dense, labelledTexts } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const reviews = labelledTexts({ path: "reviews.csv", classes: ["negative", "positive"] });
 * const words = bagOfWords({ vocabulary: 2000, ngrams: [1, 2] })(reviews.text);
 * const logits = dense(2)(words.weights); // f32[batch, 2]
 * assertEquals(logits.stage.definition.name, "dense");
 * ```
 */
export function bagOfWords<const V extends number>(
  options: BagOfWordsOptions<V>,
): (text: AnyText) => BagOfWords<V> {
  return stage(options);
}

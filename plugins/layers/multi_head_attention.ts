/**
 * Multi-head attention.
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
  type Schema,
  type Tensor,
} from "../../core/mod.ts";
import { type Fields, initializerField } from "../fields.ts";
import type { InitializerLike } from "../initializers/mod.ts";
import { attend, type AttentionConfig, attentionParameters, dropout, keep } from "./attention.ts";

/** Options of {@linkcode multiHeadAttention}. */
export interface MultiHeadAttentionOptions {
  /** Features of a head's queries, keys and values. By default the input's, divided by the heads. */
  readonly headWidth?: number | undefined;
  /** Whether a step sees only itself and what is before it. Default `false`. */
  readonly causal?: boolean | undefined;
  /** Share of attention weights set to 0 while training. Default 0. */
  readonly dropout?: number | undefined;
  /** Whether the projections add biases. Default `true`. */
  readonly useBias?: boolean | undefined;
  /** First values of the weights. Default `"glorotUniform"`. */
  readonly kernelInitializer?: InitializerLike | undefined;
  /** First values of the biases. Default `"zeros"`. */
  readonly biasInitializer?: InitializerLike | undefined;
}

/** Signature of {@linkcode multiHeadAttention}: a sequence, what it attends to, and a mask of that. */
export type AttentionLayer = <
  B extends Dim,
  T extends Dim,
  F extends Dim,
  L extends Dim,
  G extends Dim,
  M extends DType,
>(
  x:
    | Tensor<readonly [B, T, F]>
    | {
      readonly x: Tensor<readonly [B, T, F]>;
      readonly memory?: undefined;
      readonly mask?: Tensor<readonly [NoInfer<B>, NoInfer<T>], M>;
    }
    | {
      readonly x: Tensor<readonly [B, T, F]>;
      readonly memory: Tensor<readonly [NoInfer<B>, L, G]>;
      readonly mask?: Tensor<readonly [NoInfer<B>, NoInfer<L>], M>;
    },
) => Tensor<readonly [B, T, F]>;

/** The fields that attention has wherever it stands. */
export function attentionFields(): Fields<
  MultiHeadAttentionOptions & { readonly heads: number },
  Pick<AttentionConfig, "heads" | "causal" | "dropout" | "kernelInitializer" | "biasInitializer">
> {
  return {
    heads: z.int().min(1).describe("Number of heads: of things that a step can look for at once"),
    causal: z.boolean().default(false).describe(
      "Whether a step sees only itself and what is before",
    ),
    dropout: z.number().min(0).lt(1).default(0).describe("Share set to 0 while training"),
    kernelInitializer: initializerField("glorotUniform", "First values of the weights"),
    biasInitializer: initializerField("zeros", "First values of the biases"),
  };
}

const config: Schema<MultiHeadAttentionOptions & { readonly heads: number }, AttentionConfig> =
  lazySchema(() =>
    z
      .strictObject({
        ...attentionFields(),
        headWidth: z.int().min(1).optional().describe(
          "Features of a head; by default input / heads",
        ),
        useBias: z.boolean().default(true).describe("Whether the projections add biases"),
      })
  );

const stage = defineLayer<(x: AnyTensor) => AnyTensor>()({
  name: "multiHeadAttention",
  config,
  formula: "y = softmax(q · kᵀ / √width) · v · outputWeight, for each head",
  rank: 3,
  inputs: {
    memory: { kind: "tensor", dtypes: ["f32"], rank: 3, optional: true },
    mask: { kind: "tensor", rank: 2, optional: true },
  },
  parameters: (config, x, { memory = x }) => attentionParameters(config, { x, memory }),
  build: ({ x, memory = x, mask, ...parameters }, context) => {
    const { heads, causal, dropout: rate } = context.config;
    return attend({ x, memory, mask }, parameters, { heads, causal, drop: dropout(context, rate) });
  },
  buildInference: ({ x, memory = x, mask, ...parameters }, { config: { heads, causal } }) =>
    attend({ x, memory, mask }, parameters, { heads, causal, drop: keep }),
});

/**
 * Attention in several heads: every step asks, is compared with all steps, and takes of each as much as
 * it fits. With `q = x · queryWeight`, `k = memory · keyWeight`, `v = memory · valueWeight` (and biases), cut
 * into heads of `width` features:
 *
 *     y = concat over heads(softmax(q · kᵀ / √width) · v) · outputWeight + outputBias
 *
 * Self-attention: called with a sequence, or `{ x, mask }`, the memory is x itself. Cross-attention: called
 * with `{ x, memory }` or `{ x, memory, mask }`.
 *
 * Shapes: `x [batch, steps, features], memory [batch, length, g], mask [batch, length],`
 * `queryWeight [features, heads·width], keyWeight and valueWeight [g, heads·width],`
 * `outputWeight [heads·width, features] -> [batch, steps, features]`
 *
 * Mask: a step of the memory whose mask is 0 is not seen; with `causal`, nor is one behind the own. A step
 * that may see nothing gets zeros from the heads (so `outputBias`), and no gradient: never NaN.
 *
 * Numerics: the largest score is taken off before the exponentials.
 *
 * Differs: one weight for each projection, `[in, out]`: PyTorch's `MultiheadAttention` keeps three of them
 * as one `[3·features, features]` and gives NaN for a step that sees nothing; Keras keeps heads as an
 * axis of the weights, wants the width, and hands masks on unseen.
 *
 * Counterparts: Keras `MultiHeadAttention`; PyTorch `MultiheadAttention`; TensorFlow.js none
 *
 * @param heads Number of heads, at least 1; it divides the features unless `headWidth` is given.
 * @returns A layer that takes a sequence, or a record with what it attends to.
 * @throws {TypeError} When features do not divide into heads, batches differ, or the mask does not fit.
 *
 * @example
 * ```ts
 * import { multiHeadAttention, stageOf } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const layer = multiHeadAttention(4, { causal: true });
 * assertEquals(stageOf(layer)?.definition.name, "multiHeadAttention");
 * ```
 *
 * Source: Vaswani et al., "Attention is all you need", NeurIPS 2017, https://arxiv.org/abs/1706.03762
 */
export function multiHeadAttention(
  heads: number,
  options: MultiHeadAttentionOptions = {},
): AttentionLayer {
  return stage({ ...options, heads }) as AttentionLayer;
}

/**
 * The block that transformer encoders are stacked of.
 *
 * @module
 */
import { z } from "zod";
import {
  type AnyTensor,
  type BuildContext,
  defineLayer,
  type Dim,
  type DType,
  lazySchema,
  ops,
  type ParameterSpec,
  type Schema,
  type Tensor,
  type Value,
} from "../../core/mod.ts";
import { ones, resolveInitializer, zeros } from "../initializers/mod.ts";
import { activate, type Activation, activationField } from "./activations.ts";
import {
  attend,
  type AttentionConfig,
  attentionParameters,
  type Drop,
  dropout,
  keep,
  project,
} from "./attention.ts";
import { attentionFields, type MultiHeadAttentionOptions } from "./multi_head_attention.ts";
import { epsilonField, momentsOf, normalize } from "./normalizing.ts";

/** Options of {@linkcode transformerEncoder}. */
export interface TransformerEncoderOptions
  extends Omit<MultiHeadAttentionOptions, "headWidth" | "useBias"> {
  /** What the hidden features pass through. Default `"relu"`. */
  readonly activation?: Activation | undefined;
  /** Whether normalization comes before attention and feed-forward, and not behind their sums. Default `false`. */
  readonly normFirst?: boolean | undefined;
  /** Added to the variance before the root. Default 1e-5. */
  readonly epsilon?: number | undefined;
}

interface TransformerEncoderConfig extends Omit<AttentionConfig, "headWidth" | "useBias"> {
  readonly hidden: number;
  readonly activation: Activation;
  readonly normFirst: boolean;
  readonly epsilon: number;
}

/** Signature of {@linkcode transformerEncoder}: a sequence, alone or with a mask that is 0 at padding. */
export type TransformerEncoderLayer = <
  B extends Dim,
  T extends Dim,
  F extends Dim,
  M extends DType,
>(
  x: Tensor<readonly [B, T, F]> | {
    readonly x: Tensor<readonly [B, T, F]>;
    readonly mask?: Tensor<readonly [NoInfer<B>, NoInfer<T>], M>;
  },
) => Tensor<readonly [B, T, F]>;

const config: Schema<
  TransformerEncoderOptions & { readonly heads: number; readonly hidden: number },
  TransformerEncoderConfig
> = lazySchema(() =>
  z.strictObject({
    ...attentionFields(),
    hidden: z.int().min(1).describe("Features between the two weights of the feed-forward part"),
    activation: activationField("relu"),
    normFirst: z.boolean().default(false).describe("Whether normalization comes before each part"),
    epsilon: epsilonField(1e-5),
  })
);

type Parameters = Readonly<Record<string, Value | undefined>>;

const stage = defineLayer<(x: AnyTensor) => AnyTensor>()({
  name: "transformerEncoder",
  config,
  formula: "y = norm(a + feedForward(a)), a = norm(x + attention(x))",
  rank: 3,
  inputs: { mask: { kind: "tensor", rank: 2, optional: true } },
  parameters(config, x): Record<string, ParameterSpec | undefined> {
    const features = x.shape[2]!;
    const { hidden } = config;
    const kernel = resolveInitializer(config.kernelInitializer);
    const bias = resolveInitializer(config.biasInitializer);
    const attention = attentionParameters({ ...config, useBias: true }, { x, memory: x });
    const norm = (name: string): [string, ParameterSpec][] => [
      [`${name}.gamma`, { shape: [features], initializer: ones() }],
      [`${name}.beta`, { shape: [features], initializer: zeros() }],
    ];
    return Object.fromEntries([
      ...Object.entries(attention).map(([name, spec]) => [`attention.${name}`, spec] as const),
      ...norm("norm1"),
      ["feedForward.hiddenWeight", { shape: [features, hidden], initializer: kernel }],
      ["feedForward.hiddenBias", { shape: [hidden], initializer: bias }],
      ["feedForward.outputWeight", { shape: [hidden, features], initializer: kernel }],
      ["feedForward.outputBias", { shape: [features], initializer: bias }],
      ...norm("norm2"),
    ]);
  },
  build: ({ x, mask, ...parameters }, context) =>
    encode({ x, mask, parameters }, context, dropout(context, context.config.dropout)),
  buildInference: ({ x, mask, ...parameters }, context) =>
    encode({ x, mask, parameters }, context, keep),
});

function encode(
  { x, mask, parameters }: {
    readonly x: Value;
    readonly mask: Value | undefined;
    readonly parameters: Parameters;
  },
  { config }: Pick<BuildContext<TransformerEncoderConfig>, "config">,
  drop: Drop,
): Value {
  const { activation, normFirst } = config;
  const within = (part: string): Parameters =>
    Object.fromEntries(
      Object.entries(parameters).flatMap(([name, value]) =>
        name.startsWith(`${part}.`) ? [[name.slice(part.length + 1), value]] : []
      ),
    );
  const norm = (name: string) => (y: Value) => {
    const { gamma, beta } = within(name);
    return normalize(momentsOf(y, [y.spec.shape.length - 1]), {
      epsilon: config.epsilon,
      gamma,
      beta,
    });
  };
  const attention = (y: Value) =>
    drop(attend({ x: y, memory: y, mask }, within("attention"), { ...config, drop }));
  const feedForward = (y: Value) => {
    const { hiddenWeight, hiddenBias, outputWeight, outputBias } = within("feedForward");
    const hidden = activate(project(y, hiddenWeight!, hiddenBias), activation);
    return drop(project(drop(hidden), outputWeight!, outputBias));
  };
  const residual = (y: Value, part: (y: Value) => Value, name: string) =>
    normFirst ? ops.add(y, part(norm(name)(y))) : norm(name)(ops.add(y, part(y)));
  return residual(residual(x, attention, "norm1"), feedForward, "norm2");
}

/**
 * A block of a transformer's encoder: every step attends to the others, then passes a feed-forward network
 * of its own; what comes in is added to what either gives, and normalized:
 *
 *     a = norm(x + attention(x)), y = norm(a + relu(a · hiddenWeight + hiddenBias) · outputWeight + outputBias)
 *
 * or, with `normFirst`, `a = x + attention(norm(x)), y = a + feedForward(norm(a))`, which trains without
 * warm-up. `norm` is layer normalization over the features.
 *
 * Shapes: `x [batch, steps, features], mask [batch, steps] -> [batch, steps, features]`
 *
 * Mask: a step whose mask is 0 is seen by no other; what the block gives for it means nothing. With
 * `causal`, a step sees only itself and what is before it.
 *
 * Differs: the order of parts and the defaults are those of PyTorch's `TransformerEncoderLayer`, except
 * that `dropout` is 0.1 there, and that all weights are drawn by Glorot.
 *
 * Counterparts: Keras none; PyTorch `TransformerEncoderLayer`; TensorFlow.js none
 *
 * @param heads Number of heads; divides the features.
 * @param hidden Features between the two weights of the feed-forward part.
 * @returns A layer that takes a sequence, or `{ x, mask }`.
 * @throws {TypeError} When the features do not divide into heads, or the mask has not the sequence's shape.
 *
 * @example
 * ```ts
 * import { stageOf, transformerEncoder } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const block = transformerEncoder(4, 128, { normFirst: true, causal: true });
 * assertEquals(stageOf(block)?.definition.name, "transformerEncoder");
 * ```
 *
 * Source: Vaswani et al., "Attention is all you need", NeurIPS 2017, https://arxiv.org/abs/1706.03762;
 * `normFirst`: Xiong et al., "On layer normalization in the transformer architecture", ICML 2020
 */
export function transformerEncoder(
  heads: number,
  hidden: number,
  options: TransformerEncoderOptions = {},
): TransformerEncoderLayer {
  return stage({ ...options, heads, hidden }) as TransformerEncoderLayer;
}

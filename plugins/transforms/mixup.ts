/**
 * Examples, mixed with others.
 *
 * @module
 */
import { type AnyTensor, defineStage, type Dim, ops } from "../../core/mod.ts";
import { betaWeights } from "./beta_quantiles.ts";
import { mixConfig, type MixInputs, mixRows, partnersOf } from "./mixing.ts";

/** Signature of {@linkcode mixup}. */
export type Mixup = <S extends readonly Dim[], T extends readonly Dim[]>(
  inputs: MixInputs<S, T>,
) => MixInputs<S, T>;

const stage = defineStage<(x: AnyTensor) => AnyTensor>()({
  name: "mixup",
  family: "transform",
  kind: "traced",
  config: mixConfig,
  formula: "partner = a permutation of rows, λ ~ Beta(alpha, alpha)",
  inputs: { x: { kind: "tensor", dtypes: ["f32"] } },
  output: "tensor",
  build: ({ x }, context) =>
    ops.concatenate([partnersOf(x, context), betaWeights(context, x.spec.shape[0]!)], { axis: 1 }),
  // nothing reads it
  buildInference: ({ x }) =>
    ops.iota(x.builder, { shape: [x.spec.shape[0]!, 2], axis: 0, dtype: "f32" }),
});

/**
 * Mixes each example with another of the batch while training, and its targets alike:
 * `y[b] = λ[b] · x[b] + (1 - λ[b]) · x[partner[b]]`, with `λ[b]` of Beta(alpha, alpha) and partners a
 * permutation of the batch, both new at every step. A network so learns to change its mind evenly
 * between examples. Evaluated and used, examples stay as they are.
 *
 * The mixed targets are probabilities: give them to `categoricalCrossEntropy`, and the labels themselves
 * to metrics. Name both results among the pipeline's stages; what was drawn is the stage `mixup`, as in
 * `--set mixup.alpha=0.4`.
 *
 * Shapes: `x [batch, …], targets [batch, …] -> x and targets of the same shapes`
 *
 * Gradient: `∂L/∂x[b] = λ[b] · ∂L/∂y[b]`, and `(1 - λ)` times that of the row whose partner it is
 *
 * Numerics: `λ` is the quantile of a uniform number of 24 bits, from a table of 2049 quantiles up
 * to the middle, between two of them in proportion: what is below a number has a probability that is
 * right to about 1e-6. Partners are the order of uniform numbers, for which all pairs of a
 * batch are compared.
 *
 * Differs: each row has its own `λ`, as in Keras; the paper's program and torchvision's `v2.MixUp` draw
 * one for the whole batch.
 *
 * Counterparts: Keras `MixUp`; PyTorch `torchvision.transforms.v2.MixUp`; TensorFlow.js none
 *
 * @param alpha How even mixtures are, 0.01 to 100: 0.1 to 0.4 is usual for photographs.
 * @returns A function of `x` and `targets` that gives both, mixed.
 * @throws {TypeError} When there are not as many rows of targets as examples, as the pipeline is checked.
 *
 * @example
 * ```ts
 * import {
 *   categoricalCrossEntropy,
 *   dense,
 *   flatten,
 *   mixup,
 *   mnist,
 *   oneHot,
 *   rescale,
 *   sequential,
 * } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const digits = mnist();
 * const pixels = rescale({ scale: 1 / 255 })(digits.image);
 * const mixed = mixup(0.2)({ x: pixels, targets: oneHot()(digits.label) });
 * const logits = sequential(flatten(), dense(10))(mixed.x);
 * const loss = categoricalCrossEntropy()({ logits, targets: mixed.targets });
 * assertEquals(loss.stage.inputs.targets, mixed.targets);
 * ```
 *
 * Source: Zhang, Cisse, Dauphin, Lopez-Paz, "mixup: beyond empirical risk minimization", ICLR 2018,
 * https://arxiv.org/abs/1710.09412
 */
export function mixup(alpha: number): Mixup {
  return ({ x, targets }) => {
    const draws = stage({ alpha })(x);
    return { x: mixRows(x, draws), targets: mixRows(targets, draws) };
  };
}

/**
 * Images with a part of others in them.
 *
 * @module
 */
import { z } from "zod";
import {
  type AnyTensor,
  defineStage,
  type Dim,
  lazySchema,
  ops,
  type Tensor,
  type Value,
} from "../../core/mod.ts";
import { betaWeights } from "./beta_quantiles.ts";
import { columnsOf, rowsOf } from "./images.ts";
import { drawn, mixConfig, type MixInputs, mixRows, partnerRows, partnersOf } from "./mixing.ts";

/** Signature of {@linkcode cutmix}. */
export type Cutmix = <S extends readonly [Dim, Dim, Dim, Dim], T extends readonly Dim[]>(
  inputs: MixInputs<S, T>,
) => MixInputs<S, T>;

const stage = defineStage<(x: AnyTensor) => AnyTensor>()({
  name: "cutmix",
  family: "transform",
  kind: "traced",
  config: mixConfig,
  formula:
    "partner = a permutation of rows, a rectangle of the share 1 - λ, λ ~ Beta(alpha, alpha)",
  inputs: { x: { kind: "tensor", dtypes: ["f32"], rank: 4 } },
  output: "tensor",
  build({ x }, context) {
    const [batch, height, width] = x.spec.shape as [number, number, number, number];
    const side = ops.sqrt(ops.sub(1, betaWeights(context, batch)));
    // from the middle to each side, where that is in the image
    const range = (length: number) => {
      const half = ops.floor(ops.mul(ops.floor(ops.mul(side, length)), 0.5));
      const middle = ops.floor(ops.mul(context.random([batch, 1]), length));
      return {
        begin: ops.maximum(ops.sub(middle, half), 0),
        end: ops.minimum(ops.add(middle, half), length),
      };
    };
    const [rows, columns] = [range(height), range(width)];
    const area = ops.mul(ops.sub(rows.end, rows.begin), ops.sub(columns.end, columns.begin));
    const kept = ops.sub(1, ops.mul(area, 1 / (height * width)));
    return ops.concatenate(
      [partnersOf(x, context), kept, rows.begin, rows.end, columns.begin, columns.end],
      { axis: 1 },
    );
  },
  // nothing reads it
  buildInference: ({ x }) =>
    ops.iota(x.builder, { shape: [x.spec.shape[0]!, 6], axis: 0, dtype: "f32" }),
});

const cutImages = defineStage<
  (inputs: { readonly x: AnyTensor; readonly draws: AnyTensor }) => AnyTensor
>()({
  name: "cutImages",
  family: "transform",
  kind: "traced",
  config: lazySchema(() => z.strictObject({})),
  formula: "y = x[partner] in a rectangle, x around it",
  inputs: {
    x: { kind: "tensor", dtypes: ["f32"], rank: 4 },
    draws: { kind: "tensor", dtypes: ["f32"], rank: 2 },
  },
  output: "tensor",
  build({ x, draws }) {
    const isWithin = (places: Value, first: number) => {
      const [begin, end] = [drawn(draws, first, places), drawn(draws, first + 1, places)];
      return ops.mul(ops.greaterEqual(places, begin), ops.less(places, end));
    };
    const isCut = ops.mul(isWithin(rowsOf(x), 2), isWithin(columnsOf(x), 4));
    return ops.where(ops.expandDims(isCut, [3]), partnerRows(x, draws), x);
  },
  buildInference: ({ x }) => x,
});

/**
 * Puts a rectangle of another image of the batch into each image while training, at the same place; its
 * targets are mixed in proportion to the pixels. The rectangle has the image's proportions and the share
 * `1 - λ` of its pixels, with `λ` of Beta(alpha, alpha), before what is beyond the image is cut off; its
 * middle is anywhere in the image. Partners are a permutation of the batch. All is new at every step;
 * evaluated and used, images stay as they are.
 *
 * The mixed targets are probabilities: give them to `categoricalCrossEntropy`, and the labels themselves
 * to metrics. Name both results among the pipeline's stages; what was drawn is the stage `cutmix`.
 *
 * Shapes: `x [batch, height, width, channels], targets [batch, …] -> x and targets of the same shapes`
 *
 * Gradient: that of the places that pixels were taken from
 *
 * Numerics: as `mixup`
 *
 * Differs: each image has its own rectangle, as in Keras, whose rectangles lie whole within the image; the
 * paper's program and torchvision's `v2.CutMix` draw one for the whole batch.
 *
 * Counterparts: Keras `CutMix`; PyTorch `torchvision.transforms.v2.CutMix`; TensorFlow.js none
 *
 * @param alpha How even shares are, 0.01 to 100; the paper has 1: all shares alike.
 * @returns A function of `x` and `targets` that gives both, mixed.
 * @throws {TypeError} When there are not as many rows of targets as images, as the pipeline is checked.
 *
 * @example
 * ```ts
 * import { cifar10, cutmix, oneHot, rescale } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const photographs = cifar10({ folder: "cifar" });
 * const pixels = rescale({ scale: 1 / 255 })(photographs.image);
 * const mixed = cutmix(1)({ x: pixels, targets: oneHot()(photographs.label) });
 * assertEquals(mixed.x.stage.definition.name, "cutImages"); // f32[batch, 32, 32, 3]
 * ```
 *
 * Source: Yun et al., "CutMix: regularization strategy to train strong classifiers with localizable
 * features", ICCV 2019, https://arxiv.org/abs/1905.04899
 */
export function cutmix(alpha: number): Cutmix {
  return <S extends readonly [Dim, Dim, Dim, Dim], T extends readonly Dim[]>(
    { x, targets }: MixInputs<S, T>,
  ) => {
    const draws = stage({ alpha })(x);
    return {
      x: cutImages({})({ x, draws }) as Tensor<S>,
      targets: mixRows(targets, draws),
    };
  };
}

/**
 * Cross-entropy of yes and no that looks at what is hard.
 *
 * @module
 */
import { z } from "zod";
import { defineLoss, lazySchema, ops, type Reduction, type Schema } from "../../core/mod.ts";
import { labelSmoothingField, reductionField } from "../fields.ts";
import { type BinaryLoss, binaryPair, binaryPorts, binarySurprise } from "./binary.ts";
import { gammaField, missPower } from "./focal.ts";
import { meanOfExample } from "./regression.ts";

/** Options of {@linkcode binaryFocalCrossEntropy}. */
export interface BinaryFocalCrossEntropyOptions {
  /** How much less counts what is easy: 0 or more. Default 2. */
  readonly gamma?: number | undefined;
  /** Weight of class 1; class 0 has `1 - alpha`. Default: neither is weighted. */
  readonly alpha?: number | undefined;
  /** Share of each target that is spread over both classes alike: 0 to below 1. Default 0. */
  readonly labelSmoothing?: number | undefined;
  /** How losses of examples become one. Default `"mean"`. */
  readonly reduction?: Reduction | undefined;
}

interface BinaryFocalCrossEntropyConfig {
  readonly gamma: number;
  readonly alpha?: number | undefined;
  readonly labelSmoothing: number;
  readonly reduction: Reduction;
}

const config: Schema<BinaryFocalCrossEntropyOptions, BinaryFocalCrossEntropyConfig> = lazySchema(
  () =>
    z
      .strictObject({
        gamma: gammaField(),
        alpha: z.number().min(0).max(1).optional().describe(
          "Weight of class 1, of class 0 what is left of 1; neither is weighted when absent",
        ),
        labelSmoothing: labelSmoothingField(),
        reduction: reductionField(),
      }),
);

const stage = defineLoss<BinaryLoss>()({
  name: "binaryFocalCrossEntropy",
  config,
  formula: "loss = mean((1 - p)^gamma · -log p), p = probability of the target",
  inputs: binaryPorts,
  perExample(inputs, { config: { gamma, alpha, ...config } }) {
    const pair = binaryPair(inputs, config);
    const { logits, targets } = pair;
    const against = ops.sub(1, targets);
    const missed = ops.add(
      ops.mul(against, ops.sigmoid(logits)),
      ops.mul(targets, ops.sigmoid(ops.neg(logits))),
    );
    const losses = ops.mul(missPower(missed, gamma), binarySurprise(pair));
    return meanOfExample(
      alpha === undefined ? losses : ops.mul(
        losses,
        ops.add(ops.mul(targets, alpha), ops.mul(against, 1 - alpha)),
      ),
    );
  },
});

/**
 * `loss = mean((1 - p)^gamma · -log p)` with `p` the probability that is given to the target:
 * cross-entropy in which what is already told well counts little, for classes of which one is rare.
 *
 * Shapes: `logits [batch] or [batch, 1], labels [batch] of 2 classes -> []`, or
 * `logits [batch, …], targets [batch, …] -> []`; nothing is broadcast
 *
 * Numerics: cross-entropy as in `binaryCrossEntropy`; `1 - p` is a sum of sigmoids of 0 and more.
 *
 * Differs: as torchvision's `sigmoid_focal_loss`, whose alpha is 0.25 unless told otherwise, and as
 * Keras's `BinaryFocalCrossentropy`, which has `apply_class_balancing` for `alpha`.
 *
 * Counterparts: Keras `BinaryFocalCrossentropy`; PyTorch `torchvision.ops.sigmoid_focal_loss`;
 * TensorFlow.js none
 *
 * @param options.gamma 0 or more; 0 is `binaryCrossEntropy`. Default 2.
 * @param options.alpha From 0 to 1: the weight of class 1, with `1 - alpha` that of class 0.
 * @returns A loss of `logits` and `labels` or `targets`, and of `sampleWeight` where given.
 * @throws {TypeError} When the shapes differ, labels have not two classes, or not one of labels and
 * targets is connected, as the pipeline is checked.
 *
 * @example
 * ```ts
 * import {
 *   arrays,
 *   backward,
 *   binaryFocalCrossEntropy,
 *   dense,
 *   pipeline,
 *   sgd,
 *   train,
 * } from "@millrace/millrace";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const table = arrays({ x: [[0, 1], [1, 0]], y: [[1], [0]] });
 * const logits = dense(1, { kernelInitializer: "zeros" })(table.x);
 * const loss = binaryFocalCrossEntropy()({ logits, targets: table.y });
 * const fit = sgd()(backward()(loss));
 * const { loss: first } = await train(
 *   pipeline({ name: "example", stages: { table, logits, loss, fit } }),
 *   { device: "reference" },
 * );
 * assertAlmostEquals(first, 0.5 ** 2 * Math.log(2), 1e-6); // a chance of one half
 * ```
 *
 * Source: Lin, Goyal, Girshick, He, Dollár, "Focal loss for dense object detection", ICCV 2017,
 * https://arxiv.org/abs/1708.02002
 */
export function binaryFocalCrossEntropy(
  options: BinaryFocalCrossEntropyOptions = {},
): BinaryLoss {
  return stage(options);
}

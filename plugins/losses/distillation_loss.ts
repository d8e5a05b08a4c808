/**
 * What a student has still to learn from its teacher.
 *
 * @module
 */
import { z } from "zod";
import {
  defineLoss,
  type Dim,
  lazySchema,
  type Loss,
  type Matching,
  ops,
  type Reduction,
  type Schema,
  type Tensor,
} from "../../core/mod.ts";
import { reductionField } from "../fields.ts";
import { requireSameShape } from "../shapes.ts";

/** Options of {@linkcode distillationLoss}. */
export interface DistillationLossOptions {
  /** What scores are divided by before the softmax: the higher, the softer. Default 4. */
  readonly temperature?: number | undefined;
  /** How losses of examples become one. Default `"mean"`. */
  readonly reduction?: Reduction | undefined;
}

/** Signature of {@linkcode distillationLoss}. */
export type DistillationLoss = <B extends Dim, C extends Dim>(
  inputs: {
    readonly logits: Tensor<readonly [B, C]>;
    readonly teacher: Matching<readonly [B, C]>;
  },
) => Loss;

interface DistillationLossConfig {
  readonly temperature: number;
  readonly reduction: Reduction;
}

const config: Schema<DistillationLossOptions, DistillationLossConfig> = lazySchema(() =>
  z.strictObject({
    temperature: z.number().positive().default(4).describe(
      "What scores are divided by before the softmax",
    ),
    reduction: reductionField(),
  })
);

const stage = defineLoss<DistillationLoss>()({
  name: "distillationLoss",
  config,
  formula:
    "loss = mean(temperature² · Σ_i p_i · (log p_i - log softmax(logits / temperature)_i)), " +
    "p = softmax(teacher / temperature)",
  inputs: {
    logits: { kind: "tensor", dtypes: ["f32"], rank: 2 },
    teacher: { kind: "tensor", dtypes: ["f32"], rank: 2 },
  },
  perExample({ logits, teacher }, { config: { temperature } }) {
    requireSameShape({ logits, teacher });
    const logShares = (scores: typeof logits) => {
      const soft = ops.mul(scores, 1 / temperature);
      return ops.sub(soft, ops.logSumExp(soft, { keepDims: true }));
    };
    const [wanted, given] = [logShares(ops.stopGradient(teacher)), logShares(logits)];
    const divergence = ops.mul(ops.exp(wanted), ops.sub(wanted, given));
    return ops.mul(ops.reduceSum(divergence, { axes: [-1] }), temperature ** 2);
  },
});

/**
 * `loss = T² · Σ_i p_i · (log p_i - log q_i)`, with `p = softmax(teacher / T)`, `q = softmax(logits /
 * T)` and the temperature `T`: how far the student's softened distribution lies from the teacher's.
 * `T²` keeps gradients as large as those of a loss of labels, whatever the temperature.
 *
 * Shapes: `logits [batch, classes], teacher [batch, classes] -> []`
 *
 * Gradient: `∂loss/∂logits = T · (q - p) / batch`; none by `teacher`
 *
 * Numerics: both distributions by `logSumExp`, so that no share becomes 0 before its logarithm.
 *
 * Differs: Keras and PyTorch have it as an example only, from `KLDivergence` and `KLDivLoss`.
 *
 * Counterparts: Keras none; PyTorch none; TensorFlow.js none
 *
 * @returns A loss of the student's `logits` and of the teacher's, which {@linkcode freeze} makes.
 * @throws {TypeError} When the shapes differ, as the pipeline is checked.
 *
 * @example
 * ```ts
 * import { arrays, backward, dense, distillationLoss, freeze, pipeline, sgd, train } from "@millrace/millrace";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const table = arrays({ x: [[0, 1], [1, 0]] });
 * const teacher = freeze(dense(2, { kernelInitializer: "zeros" }))(table.x);
 * const logits = dense(2, { kernelInitializer: "zeros" })(table.x);
 * const loss = distillationLoss()({ logits, teacher });
 * const fit = sgd()(backward()(loss));
 * const { loss: first } = await train(
 *   pipeline({ name: "distilled", stages: { table, teacher, logits, loss, fit } }),
 *   { device: "reference" },
 * );
 * assertAlmostEquals(first, 0, 1e-6); // they agree
 * ```
 *
 * Source: Hinton, Vinyals, Dean, "Distilling the knowledge in a neural network", 2015,
 * https://arxiv.org/abs/1503.02531
 */
export function distillationLoss(options: DistillationLossOptions = {}): DistillationLoss {
  return stage(options);
}

/**
 * Triplet loss.
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
  type SampleWeighted,
  type Schema,
  type Tensor,
} from "../../core/mod.ts";
import { reductionField } from "../fields.ts";
import { distanceOf } from "./distances.ts";

/** Options of {@linkcode tripletLoss}. */
export interface TripletLossOptions {
  /** How much farther than the positive the negative is to be. Default 1. */
  readonly margin?: number | undefined;
  /** Whether distances are squared, as in FaceNet. Default `false`. */
  readonly squared?: boolean | undefined;
  /** How losses of examples become one. Default `"mean"`. */
  readonly reduction?: Reduction | undefined;
}

/** Signature of {@linkcode tripletLoss}. */
export type TripletLoss = <B extends Dim, F extends Dim>(
  inputs: {
    /** Embedding of an example. */
    readonly anchor: Tensor<readonly [B, F]>;
    /** Embedding of one of its kind. */
    readonly positive: Matching<readonly [B, F]>;
    /** Embedding of one of another kind. */
    readonly negative: Matching<readonly [B, F]>;
  } & SampleWeighted<B>,
) => Loss;

interface TripletLossConfig {
  readonly margin: number;
  readonly squared: boolean;
  readonly reduction: Reduction;
}

const config: Schema<TripletLossOptions, TripletLossConfig> = lazySchema(() =>
  z.strictObject({
    margin: z.number().positive().default(1).describe(
      "How much farther than the positive the negative is to be",
    ),
    squared: z.boolean().default(false).describe("Whether distances are squared"),
    reduction: reductionField(),
  })
);

const port = { kind: "tensor", dtypes: ["f32"] } as const;

const stage = defineLoss<TripletLoss>()({
  name: "tripletLoss",
  config,
  formula: "loss = mean(max(0, |anchor - positive| - |anchor - negative| + margin))",
  inputs: { anchor: port, positive: port, negative: port },
  perExample({ anchor, positive, negative }, { config: { margin, squared } }) {
    const near = distanceOf({ anchor, positive });
    const far = distanceOf({ anchor, negative });
    const excess = squared ? ops.sub(ops.square(near), ops.square(far)) : ops.sub(near, far);
    return ops.maximum(ops.add(excess, margin), 0);
  },
});

/**
 * `loss = mean(max(0, |anchor - positive| - |anchor - negative| + margin))`: draws an example to one
 * of its kind and away from one of another, until the second is farther by the margin.
 *
 * Shapes: `anchor [batch, features], positive [batch, features], negative [batch, features] -> []`;
 * nothing is broadcast
 *
 * Numerics: 1e-6 is added to each difference, as in PyTorch, so that equal embeddings have a gradient.
 *
 * Differs: as PyTorch's `TripletMarginLoss` with `p = 2`; `squared` as FaceNet and TensorFlow Addons.
 * Keras 3 has none.
 *
 * Counterparts: Keras none; PyTorch `TripletMarginLoss`; TensorFlow.js none
 *
 * @param options.margin Above 0, in the unit of the distances; default 1.
 * @returns A loss of `anchor`, `positive` and `negative`, and of `sampleWeight` where given.
 * @throws {TypeError} When the shapes differ, as the pipeline is checked.
 *
 * @example
 * ```ts
 * import { arrays, backward, dense, pipeline, sgd, train, tripletLoss } from "@millrace/millrace";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const faces = arrays({ x: [[1], [2]], same: [[1, 0], [2, 0]], other: [[0, 3], [0, 9]] });
 * const anchor = dense(2, { kernelInitializer: "zeros" })(faces.x);
 * const loss = tripletLoss()({ anchor, positive: faces.same, negative: faces.other });
 * const fit = sgd()(backward()(loss));
 * const { loss: first } = await train(
 *   pipeline({ name: "example", stages: { faces, anchor, loss, fit } }),
 *   { device: "reference" },
 * );
 * assertAlmostEquals(first, 0, 1e-6); // the others are farther by 2 and 7 already
 * ```
 *
 * Source: Schroff, Kalenichenko, Philbin, "FaceNet", CVPR 2015, https://arxiv.org/abs/1503.03832
 */
export function tripletLoss(options: TripletLossOptions = {}): TripletLoss {
  return stage(options);
}

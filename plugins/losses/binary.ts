/**
 * What the losses of yes or no have in common: scores, and what they are compared with, which is
 * labels of two classes, or targets from 0 to 1 of the scores' shape.
 *
 * @module
 */
import {
  type Dim,
  type InputPort,
  type Loss,
  type Matching,
  type MatchingLabels,
  ops,
  type SampleWeighted,
  type Tensor,
  type TracedInputs,
  type Value,
} from "../../core/mod.ts";
import { requireBinaryScores, requireOneOf, requireSameShape } from "../shapes.ts";

/** Signature of losses of one score per question, the logarithm of the odds of class 1. */
export interface BinaryLoss {
  /** Compares a score per example with labels of two classes. */
  <B extends Dim>(
    inputs: {
      readonly logits: Tensor<readonly [B, 1]>;
      readonly labels: MatchingLabels<B, 2>;
    } & SampleWeighted<B>,
  ): Loss;
  /** Compares a score per example with labels of two classes. */
  <B extends Dim>(
    inputs: {
      readonly logits: Tensor<readonly [B]>;
      readonly labels: MatchingLabels<B, 2>;
    } & SampleWeighted<B>,
  ): Loss;
  /** Compares scores with targets from 0 to 1, element by element. */
  <S extends readonly Dim[]>(
    inputs: {
      readonly logits: Tensor<S>;
      readonly targets: Matching<S>;
    } & SampleWeighted<S[0]>,
  ): Loss;
}

/** The ports of such a loss. */
export const binaryPorts = {
  logits: { kind: "tensor", dtypes: ["f32"] },
  labels: { kind: "labels", optional: true },
  targets: { kind: "tensor", dtypes: ["f32"], optional: true },
} as const satisfies Readonly<Record<string, InputPort>>;

/** Scores with what they are compared with, of one shape. */
export interface BinaryPair {
  readonly logits: Value;
  /** From 0 to 1. */
  readonly targets: Value;
  /** Whether every target is 0 or 1 for certain. */
  readonly isHard: boolean;
}

/**
 * Scores and targets of one shape, smoothed.
 *
 * @throws {TypeError} When not one of labels and targets is connected, or shapes do not fit.
 */
export function binaryPair(
  { logits, labels, targets }: TracedInputs<typeof binaryPorts>,
  { labelSmoothing }: { readonly labelSmoothing: number },
): BinaryPair {
  requireOneOf({ labels, targets });
  const smooth = (targets: Value) =>
    labelSmoothing === 0
      ? targets
      : ops.add(ops.mul(targets, 1 - labelSmoothing), labelSmoothing / 2);
  if (labels !== undefined) {
    return {
      logits: requireBinaryScores("logits", logits, labels),
      targets: smooth(ops.cast(labels.value, "f32")),
      isHard: labelSmoothing === 0,
    };
  }
  requireSameShape({ logits, targets: targets! });
  return { logits, targets: smooth(targets!), isHard: false };
}

/**
 * `-targets · log σ(logits) - (1 - targets) · log(1 - σ(logits))`, element by element, without
 * overflow.
 */
export function binarySurprise({ logits, targets, isHard }: BinaryPair): Value {
  // chosen, not multiplied: -inf · 0 is NaN
  if (isHard) return ops.softplus(ops.where(targets, ops.neg(logits), logits));
  const small = ops.log1p(ops.exp(ops.neg(ops.abs(logits))));
  return ops.add(ops.sub(ops.maximum(logits, 0), ops.mul(logits, targets)), small);
}

/**
 * Means of gradients and of their squares over steps: what Adam and its relatives are made of.
 *
 * @module
 */
import { z } from "zod";
import { ops, type Value } from "../../core/mod.ts";
import { decayField, epsilonField } from "./fields.ts";

/** Options of means of gradients and of their squares. */
export interface MomentOptions {
  /** Decay of the mean of gradients, from 0 to less than 1. Default 0.9. */
  readonly beta1?: number | undefined;
  /** Decay of the mean of squared gradients, from 0 to less than 1. Default 0.999. */
  readonly beta2?: number | undefined;
  /** Added to the root, above 0. */
  readonly epsilon?: number | undefined;
}

/** Full configuration of means of gradients and of their squares. */
export interface MomentConfig {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
}

/** The fields of {@linkcode MomentOptions}. */
export function momentFields(
  { beta2 = 0.999, epsilon = 1e-7 }: { readonly beta2?: number; readonly epsilon?: number } = {},
): {
  beta1: z.ZodType<number, number | undefined>;
  beta2: z.ZodType<number, number | undefined>;
  epsilon: z.ZodType<number, number | undefined>;
} {
  return {
    beta1: decayField(0.9, "Decay of the mean of gradients"),
    beta2: decayField(beta2, "Decay of the mean of squared gradients"),
    epsilon: epsilonField(epsilon),
  };
}

/** The field that keeps the greatest mean of squares. */
export function amsgradField(): z.ZodType<boolean, boolean | undefined> {
  return z.boolean().default(false).describe(
    "Whether the greatest mean of squared gradients so far is divided by, not the last",
  );
}

/** `decay · mean + (1 - decay) · x` */
export function meanOver(mean: Value, x: Value, decay: number): Value {
  return ops.add(ops.mul(mean, decay), ops.mul(x, 1 - decay));
}

/** `1 - betaᵗ`: what a mean that began with 0 lacks after `t` steps. */
export function correction(beta: number, step: Value): Value {
  return ops.sub(1, ops.pow(ops.constantLike(step, beta), step));
}

/** The state of Adam's move. */
export interface AdamState {
  readonly m: Value;
  readonly v: Value;
  readonly vMax: Value | undefined;
}

/** First values of {@linkcode AdamState}; `vMax` is kept with `amsgrad` alone. */
export function initAdam(
  { amsgrad = false }: { readonly amsgrad?: boolean } = {},
): { readonly m: number; readonly v: number; readonly vMax: number | undefined } {
  return { m: 0, v: 0, vMax: amsgrad ? 0 : undefined };
}

/**
 * `scale · m̂ / (√v̂ + epsilon)`, with `m̂ = m / (1 - β₁ᵗ)` and `v̂ = v / (1 - β₂ᵗ)`.
 *
 * @param inputs.scale A scalar: the learning rate, where it is known.
 * @returns The move, and the means after the step.
 */
export function adamMove(
  { grad, state, step, scale }: {
    readonly grad: Value;
    readonly state: AdamState;
    readonly step: Value;
    readonly scale: Value;
  },
  { beta1, beta2, epsilon }: MomentConfig,
): { readonly move: Value; readonly state: AdamState } {
  const m = meanOver(state.m, grad, beta1);
  const v = meanOver(state.v, ops.square(grad), beta2);
  const vMax = state.vMax === undefined ? undefined : ops.maximum(state.vMax, v);
  // Scalars, one of each a step: the rest is one expression of grad, m and v.
  const rate = ops.div(scale, correction(beta1, step));
  const rootScale = ops.div(1, ops.sqrt(correction(beta2, step)));
  const root = ops.add(ops.mul(ops.sqrt(vMax ?? v), rootScale), epsilon);
  return { move: ops.div(ops.mul(m, rate), root), state: { m, v, vMax } };
}

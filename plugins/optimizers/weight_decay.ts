/**
 * Weight decay as a setting of optimizers: how much, and which parameters stay out of it.
 *
 * @module
 */
import { z } from "zod";
import { ops, type Value } from "../../core/mod.ts";
import { isNamed, requireKnown } from "../paths.ts";

/** Options of what decays weights. */
export interface WeightDecayOptions {
  /** Share of each parameter that is added to what is subtracted, from 0 on. */
  readonly weightDecay?: number | undefined;
  /**
   * Parameters that do not decay: a path, the start of one, or the end of one, as `"bias"`. Default:
   * none.
   */
  readonly excludeFromDecay?: readonly string[] | undefined;
  /** Axes that a parameter has at least to decay; 2 leaves out biases and gains. Default 0. */
  readonly leastDecayRank?: number | undefined;
}

/** Full configuration of what decays weights. */
export interface WeightDecayConfig {
  readonly weightDecay: number;
  readonly excludeFromDecay: readonly string[];
  readonly leastDecayRank: number;
}

/** The fields of {@linkcode WeightDecayOptions}. */
export function weightDecayFields(standard: number): {
  weightDecay: z.ZodType<number, number | undefined>;
  excludeFromDecay: z.ZodType<readonly string[], readonly string[] | undefined>;
  leastDecayRank: z.ZodType<number, number | undefined>;
} {
  return {
    weightDecay: z.number().min(0).default(standard).describe(
      "Share of each parameter that is added to what is subtracted",
    ),
    excludeFromDecay: z.array(z.string().min(1)).default([]).describe(
      "Parameters that do not decay, by path or by the start or end of one",
    ),
    leastDecayRank: z.int().min(0).default(0).describe(
      "Axes that a parameter has at least to decay; 2 leaves out biases and gains",
    ),
  };
}

/** The share by which a parameter decays: 0 where it stays out of it. */
export function weightDecayOf(
  { param, path }: { readonly param: Value; readonly path: string },
  { weightDecay, excludeFromDecay, leastDecayRank }: WeightDecayConfig,
): number {
  const isExcluded = param.spec.shape.length < leastDecayRank ||
    excludeFromDecay.some((name) => isNamed(path, name));
  return isExcluded ? 0 : weightDecay;
}

/** `param · (1 - learningRate · weightDecay)`: what is left of a parameter, apart from its gradient. */
export function decayed(
  inputs: { readonly param: Value; readonly path: string; readonly learningRate: Value },
  config: WeightDecayConfig,
): Value {
  const { param, learningRate } = inputs;
  const share = weightDecayOf(inputs, config);
  return share === 0 ? param : ops.mul(param, ops.sub(1, ops.mul(learningRate, share)));
}

/**
 * Demands that every parameter that is to stay out of the decay exists.
 *
 * @throws {RangeError} When a name means no parameter.
 */
export function requireExcluded(
  paths: readonly string[],
  { excludeFromDecay }: WeightDecayConfig,
): void {
  requireKnown(excludeFromDecay, {
    paths,
    matches: isNamed,
    refusal: (name) => `Cannot exclude "${name}" from weight decay: the parameters are`,
  });
}

/**
 * What the dropouts share: their configuration, and how parts of a value are set to 0.
 *
 * @module
 */
import { z } from "zod";
import {
  type BuildContext,
  lazySchema,
  ops,
  type Schema,
  type Shape,
  type Value,
} from "../../core/mod.ts";

/** Configuration of a dropout. */
export interface DropoutConfig {
  readonly rate: number;
}

/**
 * The schema of a dropout.
 *
 * @param parts What is dropped, in the plural.
 */
export function dropoutConfig(parts: string): Schema<DropoutConfig, DropoutConfig> {
  return lazySchema(() =>
    z.strictObject({
      rate: z.number().min(0).lt(1).describe(`Share of ${parts} set to 0 while training`),
    })
  );
}

/**
 * `x · [u ≥ rate] / (1 - rate)`, u uniform in [0, 1).
 *
 * @param shape Shape of u, which broadcasts to x: what shares a number is dropped together.
 */
export function dropped(x: Value, shape: Shape, context: BuildContext<DropoutConfig>): Value {
  const { rate } = context.config;
  if (rate === 0) return x;
  const kept = ops.greaterEqual(context.random(shape), rate);
  return ops.mul(ops.mul(x, kept), 1 / (1 - rate));
}

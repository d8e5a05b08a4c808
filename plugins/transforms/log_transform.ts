/**
 * Logarithms of numbers that spread over orders of magnitude.
 *
 * @module
 */
import { z } from "zod";
import {
  defineStage,
  type Dim,
  lazySchema,
  ops,
  type Schema,
  type Tensor,
} from "../../core/mod.ts";

/** Options of {@linkcode logTransform}. */
export interface LogTransformOptions {
  /** What is added before, so that 0 has a logarithm. Default 1. */
  readonly shift?: number | undefined;
}

/** Signature of {@linkcode logTransform}. */
export type LogTransform = <S extends readonly Dim[]>(x: Tensor<S>) => Tensor<S>;

interface LogTransformConfig {
  readonly shift: number;
}

const config: Schema<LogTransformOptions, LogTransformConfig> = lazySchema(() =>
  z.strictObject({
    shift: z.number().min(0).default(1).describe("What is added before, so that 0 has a logarithm"),
  })
);

const stage = defineStage<LogTransform>()({
  name: "logTransform",
  family: "transform",
  kind: "traced",
  config,
  formula: "y = ln(x + shift)",
  inputs: { x: { kind: "tensor", dtypes: ["f32"] } },
  output: "tensor",
  build: ({ x }, { config: { shift } }) =>
    shift === 1 ? ops.log1p(x) : ops.log(shift === 0 ? x : ops.add(x, shift)),
});

/**
 * `y = ln(x + shift)`: prices, counts and the like, whose differences matter in proportion.
 *
 * Shapes: `x [batch, …] -> [batch, …]`
 *
 * Gradient: `∂L/∂x = ∂L/∂y / (x + shift)`
 *
 * Numerics: with a shift of 1, exact for small x too. Below `-shift` the logarithm is NaN: put `clip()`
 * before it where that can be.
 *
 * Counterparts: Keras none; PyTorch none; TensorFlow.js none
 *
 * @returns A transform without parameters.
 *
 * @example
 * ```ts
 * import { arrays, logTransform } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const visits = logTransform()(arrays({ visits: [[0], [9], [99_999]] }).visits);
 * assertEquals(visits.stage.definition.formula, "y = ln(x + shift)");
 * ```
 */
export function logTransform(options: LogTransformOptions = {}): LogTransform {
  return stage(options);
}

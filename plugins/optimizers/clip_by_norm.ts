/**
 * Gradients kept within a norm, each parameter by itself.
 *
 * @module
 */
import { z } from "zod";
import {
  defineGradientTransform,
  type GradientTransformCall,
  lazySchema,
  ops,
  type Schema,
} from "../../core/mod.ts";
import { norm, scaleToNorm } from "./norms.ts";

interface ClipByNormConfig {
  readonly maxNorm: number;
}

const config: Schema<ClipByNormConfig, ClipByNormConfig> = lazySchema(() =>
  z.strictObject({
    maxNorm: z.number().positive().describe("Greatest norm of the gradient of one parameter"),
  })
);

const stage = defineGradientTransform({
  name: "clipByNorm",
  config,
  formula: "gradient = gradient · min(1, maxNorm / (‖gradient‖ + 1e-6))",
  init: () => ({}),
  update: ({ grad }, { maxNorm }) => ({
    grad: ops.mul(grad, scaleToNorm(norm(grad), maxNorm)),
    state: {},
  }),
});

/**
 * `gradient = gradient · min(1, maxNorm / (‖gradient‖ + 1e-6))` of each parameter by itself.
 *
 * Differs: the same as PyTorch's `clip_grad_norm_` called for each parameter; Keras's `clipnorm` is
 * without the 1e-6.
 *
 * Counterparts: Keras `Optimizer(clipnorm=…)`; PyTorch none; TensorFlow.js none
 *
 * @param maxNorm Greatest Euclidean norm, above 0.
 * @returns A stage from gradients to gradients.
 *
 * @example
 * ```ts
 * import { clipByNorm, stageOf } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * // optimizer = adam()(clipByNorm(1)(backward()(loss)))
 * assertEquals(stageOf(clipByNorm(1))?.options, { maxNorm: 1 });
 * ```
 */
export function clipByNorm(maxNorm: number): GradientTransformCall {
  return stage({ maxNorm });
}

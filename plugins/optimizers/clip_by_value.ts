/**
 * Gradients kept within a range, element by element.
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

interface ClipByValueConfig {
  readonly limit: number;
}

const config: Schema<ClipByValueConfig, ClipByValueConfig> = lazySchema(() =>
  z.strictObject({
    limit: z.number().positive().describe("Greatest amount of an element"),
  })
);

const stage = defineGradientTransform({
  name: "clipByValue",
  config,
  formula: "gradient = min(max(gradient, -limit), limit)",
  init: () => ({}),
  update: ({ grad }, { limit }) => ({
    grad: ops.minimum(ops.maximum(grad, -limit), limit),
    state: {},
  }),
});

/**
 * `gradient = min(max(gradient, -limit), limit)` of each element. It changes the direction of the
 * gradient; {@linkcode clipByGlobalNorm} does not.
 *
 * Differs: the same as PyTorch's `clip_grad_value_` and Keras's `clipvalue`.
 *
 * Counterparts: Keras `Optimizer(clipvalue=…)`; PyTorch `nn.utils.clip_grad_value_`; TensorFlow.js
 * none
 *
 * @param limit Greatest amount of an element, above 0.
 * @returns A stage from gradients to gradients.
 *
 * @example
 * ```ts
 * import { clipByValue, stageOf } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * // optimizer = adam()(clipByValue(0.5)(backward()(loss)))
 * assertEquals(stageOf(clipByValue(0.5))?.options, { limit: 0.5 });
 * ```
 */
export function clipByValue(limit: number): GradientTransformCall {
  return stage({ limit });
}

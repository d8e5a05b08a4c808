/**
 * Steps as long as the parameters they change, layer by layer.
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
  type Value,
} from "../../core/mod.ts";
import { norm } from "./norms.ts";

type NoConfig = Readonly<Record<never, never>>;

const config: Schema<NoConfig, NoConfig> = lazySchema(() => z.strictObject({}));

const stage = defineGradientTransform({
  name: "scaleByTrustRatio",
  config,
  formula: "gradient = gradient · ‖param‖ / ‖gradient‖",
  init: () => ({}),
  update: ({ param, grad }) => ({ grad: ops.mul(grad, trustRatio(param, grad)), state: {} }),
});

/** `‖param‖ / ‖move‖`, and 1 where either is 0; a scalar. */
export function trustRatio(param: Value, move: Value): Value {
  const [length, moved] = [norm(param), norm(move)];
  const isUsable = ops.mul(ops.greater(length, 0), ops.greater(moved, 0));
  // the divisor is 1 where the quotient is not used, so that no NaN is made
  return ops.where(isUsable, ops.div(length, ops.where(isUsable, moved, 1)), 1);
}

/**
 * `gradient = gradient · ‖param‖ / ‖gradient‖` of each parameter by itself, and the gradient as it is
 * where either norm is 0.
 *
 * Behind {@linkcode scaleByAdam} and {@linkcode addDecayedWeights} it makes {@linkcode lamb}, alone
 * with a momentum LARS.
 *
 * Counterparts: Keras none; PyTorch none; TensorFlow.js none
 *
 * @returns A stage from gradients to gradients.
 *
 * @example
 * ```ts
 * import { scaleByTrustRatio, stageOf } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(stageOf(scaleByTrustRatio())?.definition.name, "scaleByTrustRatio");
 * ```
 *
 * Source: You, Gitman, Ginsburg, "Large batch training of convolutional networks", 2017,
 * https://arxiv.org/abs/1708.03888
 */
export function scaleByTrustRatio(): GradientTransformCall {
  return stage({});
}

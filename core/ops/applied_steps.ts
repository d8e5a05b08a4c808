/**
 * The number of steps that changed something, out of the number of steps.
 *
 * @module
 */
import type { ElementwiseOp, Value } from "../graph/mod.ts";
import { defineOp } from "./define_op.ts";

/** `step`, less the steps that were skipped: none, but where losses are scaled. */
export const appliedStepsOp: ElementwiseOp<null> = defineOp<null>({
  name: "appliedSteps",
  kind: "elementwise",
  infer: ([step]) => step!,
  formula: ([step]) => step!,
  // a count has no gradient, and differentiating takes the op out or puts the difference in its place
  vjp: "none",
  format: ([step]) => `appliedSteps(${step})`,
});

/**
 * The number of this step among those that change something, from 1: with mixed precision, steps whose
 * gradients overflow are skipped. `Gradient:` none.
 *
 * @param step The number of the step, in float32.
 */
export function appliedSteps(step: Value): Value {
  return step.builder.apply(appliedStepsOp, [step], null);
}

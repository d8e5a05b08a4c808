/**
 * Graph -> Graph: the reverse walk.
 *
 * @module
 */
export { lossScaleVariables, outcomeOutput, skippedVariable, StepOutcome } from "./loss_scale.ts";
export {
  type Cotangent,
  differentiate,
  type Differentiated,
  type DifferentiateOptions,
  reverse,
} from "./reverse.ts";

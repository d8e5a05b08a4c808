/**
 * Keeping numbers within limits.
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

/** Options of {@linkcode clip}. */
export interface ClipOptions {
  /** The least value; none when absent. */
  readonly min?: number | undefined;
  /** The greatest value; none when absent. */
  readonly max?: number | undefined;
}

/** Signature of {@linkcode clip}. */
export type Clip = <S extends readonly Dim[]>(x: Tensor<S>) => Tensor<S>;

const config: Schema<ClipOptions, ClipOptions> = lazySchema(() =>
  z.strictObject({
    min: z.number().optional().describe("The least value"),
    max: z.number().optional().describe("The greatest value"),
  }).refine(({ min = -Infinity, max = Infinity }) => min <= max, {
    path: ["max"],
    error: "expected no less than min",
  }).refine(({ min, max }) => min !== undefined || max !== undefined, {
    path: ["min"],
    error: "expected min or max",
  })
);

const stage = defineStage<Clip>()({
  name: "clip",
  family: "transform",
  kind: "traced",
  config,
  formula: "y = min(max(x, min), max)",
  inputs: { x: { kind: "tensor", dtypes: ["f32"] } },
  output: "tensor",
  build({ x }, { config: { min, max } }) {
    const raised = min === undefined ? x : ops.maximum(x, min);
    return max === undefined ? raised : ops.minimum(raised, max);
  },
});

/**
 * `y = min(max(x, min), max)`: values beyond a limit become the limit.
 *
 * Shapes: `x [batch, …] -> [batch, …]`
 *
 * Gradient: `∂L/∂x = ∂L/∂y` within the limits, 0 beyond them
 *
 * Counterparts: Keras `ops.clip`; PyTorch `torch.clamp`; TensorFlow.js `clipByValue`
 *
 * @returns A transform without parameters.
 *
 * @example
 * ```ts
 * import { arrays, clip } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const ages = clip({ min: 0, max: 120 })(arrays({ age: [[34], [-1], [999]] }).age); // 34, 0, 120
 * assertEquals(ages.stage.definition.formula, "y = min(max(x, min), max)");
 * ```
 */
export function clip(options: ClipOptions): Clip {
  return stage(options);
}

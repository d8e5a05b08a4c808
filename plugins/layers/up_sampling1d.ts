/**
 * Longer sequences by repetition.
 *
 * @module
 */
import { z } from "zod";
import { defineLayer, type Dim, lazySchema, type Schema, type Tensor } from "../../core/mod.ts";
import { repeated } from "./resizing.ts";

/** Signature of {@linkcode upSampling1d}: the length is the planner's to know. */
export type UpSampling1dLayer = <B extends Dim, L extends Dim, C extends Dim>(
  x: Tensor<readonly [B, L, C]>,
) => Tensor<readonly [B, number, C]>;

interface UpSampling1dConfig {
  readonly size: number;
}

const config: Schema<UpSampling1dConfig, UpSampling1dConfig> = lazySchema(() =>
  z.strictObject({
    size: z.int().min(1).describe("How often each step is repeated"),
  })
);

const stage = defineLayer<UpSampling1dLayer>()({
  name: "upSampling1d",
  config,
  formula: "y[b, i, c] = x[b, ⌊i / size⌋, c]",
  rank: 3,
  build: ({ x }, { config: { size } }) => repeated(x, [1, size, 1]),
});

/**
 * `y[b, i, c] = x[b, ⌊i / size⌋, c]`: each step is repeated.
 *
 * Shapes: `x [batch, length, channels] -> [batch, length · size, channels]`
 *
 * Gradient: the sum of `∂L/∂y` over the repetitions
 *
 * Counterparts: Keras `UpSampling1D`; PyTorch `Upsample`; TensorFlow.js none
 *
 * @param size How often each step is repeated.
 * @returns A layer without parameters.
 *
 * @example
 * ```ts
 * import { stageOf, upSampling1d } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(stageOf(upSampling1d(3))?.options, { size: 3 });
 * ```
 */
export function upSampling1d(size = 2): UpSampling1dLayer {
  return stage({ size });
}

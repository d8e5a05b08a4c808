/**
 * The leaky rectified linear unit whose slope is learned.
 *
 * @module
 */
import { z } from "zod";
import { defineLayer, formatSpec, lazySchema, ops, type Schema } from "../../core/mod.ts";
import { initializerField } from "../fields.ts";
import { type InitializerLike, resolveInitializer } from "../initializers/mod.ts";
import type { ShapeKeepingLayer } from "./activations.ts";

/** Options of {@linkcode prelu}. */
export interface PreluOptions {
  /** Axes along which all elements share a slope, the batch being axis 0; `[1, 2]` for one slope a channel of images. Default none. */
  readonly sharedAxes?: readonly number[] | undefined;
  /** First values of the slopes. Default `"zeros"`. */
  readonly alphaInitializer?: InitializerLike | undefined;
}

interface PreluConfig {
  readonly sharedAxes: readonly number[];
  readonly alphaInitializer: InitializerLike;
}

const config: Schema<PreluOptions, PreluConfig> = lazySchema(() =>
  z.strictObject({
    sharedAxes: z.array(z.int().min(1)).readonly().default([]).describe(
      "Axes along which all elements share a slope, the batch being axis 0",
    ),
    alphaInitializer: initializerField("zeros", "First values of the slopes"),
  })
);

const stage = defineLayer<ShapeKeepingLayer>()({
  name: "prelu",
  config,
  formula: "y = x for x > 0, else alpha · x",
  parameters({ sharedAxes, alphaInitializer }, x) {
    const { shape } = x;
    const odd = sharedAxes.find((axis) => axis >= shape.length);
    if (odd !== undefined) {
      throw new RangeError(
        `Cannot share slopes of ${formatSpec(x)} along axis ${odd}: its last axis is ${
          shape.length - 1
        }`,
      );
    }
    return {
      alpha: {
        shape: shape.map((size, axis) => sharedAxes.includes(axis) ? 1 : size).slice(1),
        initializer: resolveInitializer(alphaInitializer),
      },
    };
  },
  build: ({ x, alpha }) => ops.leakyRelu(x, alpha),
});

/**
 * `y = x` above 0, else `alpha · x`, with a slope `alpha` that is learned for every place of a row.
 *
 * Shapes: `x [batch, …], alpha […] -> [batch, …]`, with alpha's size 1 along shared axes
 *
 * Gradient: `∂L/∂x = ∂L/∂y` above 0, else `∂L/∂y · alpha`; `∂L/∂alpha = Σ ∂L/∂y · x` over what is not
 * above 0
 *
 * Differs: slopes begin at 0, and there is one for every place, as in Keras; PyTorch's `PReLU` has one
 * for all, which begins at 0.25.
 *
 * Counterparts: Keras `PReLU`; PyTorch `PReLU`; TensorFlow.js `layers.prelu`
 *
 * @returns A layer with the parameter `alpha`.
 * @throws {RangeError} When x has no axis of a shared number.
 *
 * @example
 * ```ts
 * import { prelu, stageOf } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(stageOf(prelu({ sharedAxes: [1, 2] }))?.options, { sharedAxes: [1, 2] });
 * ```
 *
 * Source: He, Zhang, Ren, Sun, "Delving deep into rectifiers", 2015, https://arxiv.org/abs/1502.01852
 */
export function prelu(options: PreluOptions = {}): ShapeKeepingLayer {
  return stage(options);
}

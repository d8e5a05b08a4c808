/**
 * Fixed scaling of numbers, as pixels to [0, 1].
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

/** Options of {@linkcode rescale}. */
export interface RescaleOptions {
  /** Factor. Default 1. */
  readonly scale?: number | undefined;
  /** What is added after scaling. Default 0. */
  readonly offset?: number | undefined;
}

/** Signature of {@linkcode rescale}. */
export type Rescale = <S extends readonly Dim[], D extends "u8" | "f32">(
  x: Tensor<S, D>,
) => Tensor<S>;

interface RescaleConfig {
  readonly scale: number;
  readonly offset: number;
}

const config: Schema<RescaleOptions, RescaleConfig> = lazySchema(() =>
  z.strictObject({
    scale: z.number().default(1).describe("Factor"),
    offset: z.number().default(0).describe("What is added after scaling"),
  })
);

const stage = defineStage<Rescale>()({
  name: "rescale",
  family: "transform",
  kind: "traced",
  config,
  formula: "y = scale · x + offset",
  inputs: { x: { kind: "tensor", dtypes: ["u8", "f32"] } },
  output: "tensor",
  build({ x }, { config: { scale, offset } }) {
    const scaled = ops.mul(ops.cast(x, "f32"), scale);
    return offset === 0 ? scaled : ops.add(scaled, offset);
  },
});

/**
 * `y = scale · x + offset`. Bytes become floats on the device, so that data stays small until then.
 *
 * Shapes: `x [batch, …] u8 or f32 -> [batch, …] f32`
 *
 * Gradient: `∂L/∂x = scale · ∂L/∂y` (none for u8)
 *
 * Counterparts: Keras `Rescaling`; PyTorch `torchvision.transforms.ToTensor`; TensorFlow.js
 * `layers.rescaling`
 *
 * @returns A transform without parameters.
 *
 * @example
 * ```ts
 * import { mnist, rescale } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const pixels = rescale({ scale: 1 / 255 })(mnist().image); // f32[batch, 28, 28], from 0 to 1
 * assertEquals(pixels.stage.definition.formula, "y = scale · x + offset");
 * ```
 */
export function rescale(options: RescaleOptions = {}): Rescale {
  return stage(options);
}

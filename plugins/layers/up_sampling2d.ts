/**
 * Larger images, by repetition or by linear interpolation.
 *
 * @module
 */
import { z } from "zod";
import { defineLayer, type Dim, lazySchema, type Schema, type Tensor } from "../../core/mod.ts";
import { interpolated, repeated } from "./resizing.ts";
import { pairOf, type Size2d, sizeField } from "./windows.ts";

/** How pixels between those of the input are made. */
export type Interpolation = "nearest" | "bilinear";

/** Options of {@linkcode upSampling2d}. */
export interface UpSampling2dOptions {
  /** Repetition, or the linear interpolation of both neighbours along each axis. Default `"nearest"`. */
  readonly interpolation?: Interpolation | undefined;
}

/** Signature of {@linkcode upSampling2d}: the sizes are the planner's to know. */
export type UpSampling2dLayer = <B extends Dim, H extends Dim, W extends Dim, C extends Dim>(
  x: Tensor<readonly [B, H, W, C]>,
) => Tensor<readonly [B, number, number, C]>;

interface UpSampling2dConfig {
  readonly size: Size2d;
  readonly interpolation: Interpolation;
}

const config: Schema<UpSampling2dOptions & { readonly size: Size2d }, UpSampling2dConfig> =
  lazySchema(() =>
    z
      .strictObject({
        size: sizeField("How many rows and columns are made of each"),
        interpolation: z.enum(["nearest", "bilinear"]).default("nearest").describe(
          "Repetition, or the linear interpolation of both neighbours along each axis",
        ),
      })
  );

const stage = defineLayer<UpSampling2dLayer>()({
  name: "upSampling2d",
  config,
  formula: "y[b, i, j, c] = x[b, i / size₀, j / size₁, c]",
  rank: 4,
  build({ x }, { config: { size, interpolation } }) {
    const [rows, columns] = pairOf(size);
    if (interpolation === "nearest") return repeated(x, [1, rows, columns, 1]);
    return interpolated(interpolated(x, { axis: 1, size: rows }), { axis: 2, size: columns });
  },
});

/**
 * `y[b, i, j, c] = x[b, i / size₀, j / size₁, c]`: images with more rows and columns. `"nearest"` repeats
 * each pixel; `"bilinear"` reads at `(i + 1/2) / size - 1/2`, between the centres of pixels, the outermost
 * ones being continued beyond the border.
 *
 * Shapes: `x [batch, height, width, channels] -> [batch, height · size₀, width · size₁, channels]`
 *
 * Gradient: `∂L/∂y` to each pixel by the part it had
 *
 * Differs: nothing from Keras; PyTorch's `Upsample` has the channels before, and is the same with
 * `align_corners=False`, its default.
 *
 * Counterparts: Keras `UpSampling2D`; PyTorch `Upsample`; TensorFlow.js `layers.upSampling2d`
 *
 * @param size How many rows and columns are made of each, or one number for both.
 * @returns A layer without parameters.
 *
 * @example
 * ```ts
 * import { stageOf, upSampling2d } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const layer = upSampling2d([2, 3], { interpolation: "bilinear" });
 * assertEquals(stageOf(layer)?.options, { size: [2, 3], interpolation: "bilinear" });
 * ```
 */
export function upSampling2d(
  size: Size2d = 2,
  options: UpSampling2dOptions = {},
): UpSampling2dLayer {
  return stage({ ...options, size });
}

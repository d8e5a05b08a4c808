/**
 * What the poolings of images share: options, configuration and signature.
 *
 * @module
 */
import { z } from "zod";
import { type Dim, lazySchema, type ops, type Schema, type Tensor } from "../../core/mod.ts";
import { type Padding, paddingField, pairOf, type Size2d, sizeField } from "./windows.ts";

/** Options of {@linkcode maxPool2d} and {@linkcode averagePool2d}. */
export interface Pool2dOptions {
  /** Rows and columns from one window to the next. Default: those of the window. */
  readonly strides?: Size2d | undefined;
  /** What belongs to windows beside the image: nothing (`"valid"`), or what gives `⌈size / stride⌉` windows (`"same"`). Default `"valid"`. */
  readonly padding?: Padding | undefined;
}

/** Signature of a pooling: the number of windows is the planner's to know. */
export type Pool2dLayer = <B extends Dim, H extends Dim, W extends Dim, C extends Dim>(
  x: Tensor<readonly [B, H, W, C]>,
) => Tensor<readonly [B, number, number, C]>;

/** Configuration of a pooling. */
export interface Pool2dConfig {
  readonly poolSize: Size2d;
  readonly strides?: Size2d | undefined;
  readonly padding: Padding;
}

/** The schema of a pooling. */
export const pool2dConfig: Schema<
  Pool2dOptions & { readonly poolSize: Size2d },
  Pool2dConfig
> = lazySchema(() =>
  z.strictObject({
    poolSize: sizeField("Rows and columns of a window"),
    strides: sizeField(
      "Rows and columns from one window to the next; those of the window if absent",
    )
      .optional(),
    padding: paddingField(),
  })
);

/** The op's options. */
export function poolingOf({ poolSize, strides = poolSize, padding }: Pool2dConfig): {
  readonly window: ops.Pair;
  readonly strides: ops.Pair;
  readonly padding: Padding;
} {
  return { window: pairOf(poolSize), strides: pairOf(strides), padding };
}

/**
 * What the poolings of sequences share: options, configuration and signature.
 *
 * @module
 */
import { z } from "zod";
import { type Dim, lazySchema, type ops, type Schema, type Tensor } from "../../core/mod.ts";
import { type Padding, paddingField } from "./windows.ts";

/** Options of {@linkcode maxPool1d} and {@linkcode averagePool1d}. */
export interface Pool1dOptions {
  /** Steps from one window to the next. Default: those of the window. */
  readonly strides?: number | undefined;
  /** What belongs to windows beside the sequence: nothing (`"valid"`), or what gives `⌈length / stride⌉` windows (`"same"`). Default `"valid"`. */
  readonly padding?: Padding | undefined;
}

/** Signature of a pooling: the number of windows is the planner's to know. */
export type Pool1dLayer = <B extends Dim, L extends Dim, C extends Dim>(
  x: Tensor<readonly [B, L, C]>,
) => Tensor<readonly [B, number, C]>;

/** Configuration of a pooling. */
export interface Pool1dConfig {
  readonly poolSize: number;
  readonly strides?: number | undefined;
  readonly padding: Padding;
}

/** The schema of a pooling. */
export const pool1dConfig: Schema<
  Pool1dOptions & { readonly poolSize: number },
  Pool1dConfig
> = lazySchema(() =>
  z.strictObject({
    poolSize: z.int().min(1).describe("Steps of a window"),
    strides: z.int().min(1).optional().describe(
      "Steps from one window to the next; those of the window if absent",
    ),
    padding: paddingField(),
  })
);

/** The op's options, for sequences as images of one row. */
export function rowPoolingOf({ poolSize, strides = poolSize, padding }: Pool1dConfig): {
  readonly window: ops.Pair;
  readonly strides: ops.Pair;
  readonly padding: Padding;
} {
  return { window: [1, poolSize], strides: [1, strides], padding };
}

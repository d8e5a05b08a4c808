/**
 * What the poolings over whole sequences and images share: options, configuration and signatures.
 *
 * @module
 */
import { z } from "zod";
import { type Dim, lazySchema, type Schema, type Tensor } from "../../core/mod.ts";

/** Options of the global poolings. */
export interface GlobalPoolOptions<K extends boolean = boolean> {
  /** Whether the axes that are pooled stay, with size 1. Default `false`. */
  readonly keepDims?: K | undefined;
}

/** Signature of a pooling over a whole sequence. */
export type GlobalPool1dLayer<K extends boolean> = <B extends Dim, L extends Dim, C extends Dim>(
  x: Tensor<readonly [B, L, C]>,
) => Tensor<K extends true ? readonly [B, 1, C] : readonly [B, C]>;

/** Signature of a pooling over a whole image. */
export type GlobalPool2dLayer<K extends boolean> = <
  B extends Dim,
  H extends Dim,
  W extends Dim,
  C extends Dim,
>(
  x: Tensor<readonly [B, H, W, C]>,
) => Tensor<K extends true ? readonly [B, 1, 1, C] : readonly [B, C]>;

/** The schema of a global pooling. */
export const globalPoolConfig: Schema<GlobalPoolOptions, { readonly keepDims: boolean }> =
  lazySchema(() =>
    z
      .strictObject({
        keepDims: z.boolean().default(false).describe(
          "Whether the axes that are pooled stay, with size 1",
        ),
      })
  );

/**
 * Configuration fields of layers that slide windows over images.
 *
 * @module
 */
import { z } from "zod";
import type { ops } from "../../core/mod.ts";

/** Height and width, or one number for both. */
export type Size2d = number | readonly [number, number];

/** What is put around an image: nothing, or what gives `⌈size / stride⌉` windows. */
export type Padding = "valid" | "same";

/** A field for a height and a width of 1 or more, without a default. */
export function sizeField(description: string): z.ZodType<Size2d, Size2d> {
  const size = z.int().min(1);
  return z.union([size, z.tuple([size, size]).readonly()], {
    error: "expected an integer of 1 or more, or two of them: height and width",
  }).describe(description);
}

/** The field for what is put around an image. */
export function paddingField(): z.ZodType<Padding, Padding | undefined> {
  return z.enum(["valid", "same"]).default("valid").describe(
    "What is put around the image: nothing, or what gives size / stride windows, rounded up",
  );
}

/** Height and width. */
export function pairOf(size: Size2d): ops.Pair {
  return typeof size === "number" ? [size, size] : size;
}

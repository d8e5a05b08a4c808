/**
 * Configuration fields of layers that add or cut off something at the ends of sequences and images.
 *
 * @module
 */
import { z } from "zod";
import { formatSpec, type TensorSpec } from "../../core/mod.ts";

/** In front and behind, or one number for both. */
export type Ends1d = number | readonly [number, number];

/** Rows and columns, each as `[in front, behind]` or one number for both; or one number for all. */
export type Ends2d = number | readonly [Ends1d, Ends1d];

const count = z.int().min(0);
const pair = z.tuple([count, count]).readonly();
const ends = z.union([count, pair]);

/** A field for both ends of a sequence. */
export function endsField1d(description: string): z.ZodType<Ends1d, Ends1d> {
  return z.union([count, pair], {
    error: "expected an integer of 0 or more, or two of them: in front and behind",
  }).describe(`${description}: in front and behind`);
}

/** A field for all four ends of an image. */
export function endsField2d(description: string): z.ZodType<Ends2d, Ends2d> {
  return z.union([count, z.tuple([ends, ends]).readonly()], {
    error: "expected an integer of 0 or more, [rows, columns], or [[top, bottom], [left, right]]",
  }).describe(`${description}: above and below, left and right`);
}

/** In front and behind. */
export function endsOf1d(ends: Ends1d): readonly [number, number] {
  return typeof ends === "number" ? [ends, ends] : ends;
}

/** Above and below, left and right. */
export function endsOf2d(
  ends: Ends2d,
): readonly [readonly [number, number], readonly [number, number]] {
  const [rows, columns] = typeof ends === "number" ? [ends, ends] : ends;
  return [endsOf1d(rows), endsOf1d(columns)];
}

/**
 * Demands that something is left where ends are cut off.
 *
 * @throws {RangeError} When a size is below 1.
 */
export function requireLeft(x: TensorSpec, sizes: readonly number[]): void {
  if (sizes.some((size) => size < 1)) {
    throw new RangeError(
      `Cannot crop ${formatSpec(x)}: ${sizes.join("×")} would be left, expected at least 1`,
    );
  }
}

/**
 * A decoded image, and the checks of what a file says of its size before anything is allocated.
 *
 * @module
 */
import { DataError } from "../../errors.ts";
import { formatAmount, formatCount } from "../../format.ts";

/** An image of bytes: rows of pixels, channels last. */
export interface DecodedImage {
  /** Pixels in a row. */
  readonly width: number;
  /** Rows of pixels. */
  readonly height: number;
  /** 1: grey, 3: red, green, blue. */
  readonly channels: 1 | 3;
  /** Bytes of the channels, pixel by pixel, row by row. */
  readonly data: Uint8Array;
}

/** No image of a data set is larger: 100 megapixels. */
const maxPixels = 100_000_000;

/** The error for a file that is no image that can be read. */
export function refusal(
  file: string,
  what: string,
  hint = "get the file again",
  cause?: unknown,
): DataError {
  return new DataError(`Cannot read the image: ${what}`, {
    file,
    hint,
    cause,
    reason: "not a readable image",
  });
}

/**
 * Checks the size that a file claims.
 *
 * @throws {DataError} When it is none, or more than 100 megapixels.
 */
export function requireSize(file: string, width: number, height: number): void {
  if (width >= 1 && height >= 1 && width * height <= maxPixels) return;
  throw refusal(
    file,
    `it claims ${formatCount(width)} by ${formatAmount(height, "pixel")}, ` +
      `expected at most ${formatCount(maxPixels)} in all`,
  );
}

/**
 * A small file may not claim an image that would fill the memory.
 *
 * @throws {DataError} When its data cannot hold the image.
 */
export function requireData(
  file: string,
  { width, height, holds, dataBytes }: {
    readonly width: number;
    readonly height: number;
    readonly holds: boolean;
    readonly dataBytes: number;
  },
): void {
  if (holds) return;
  throw refusal(
    file,
    `it claims ${formatCount(width)} by ${formatAmount(height, "pixel")}, more than its ${
      formatAmount(dataBytes, "byte")
    } of data can hold`,
  );
}

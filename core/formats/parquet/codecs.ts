/**
 * What decompresses the pages of Parquet files: the system's libraries for gzip, brotli and zstd, told how
 * much may come out, and `hyparquet-compressors` for the others.
 *
 * @module
 */
import { importPackage } from "../optional_package.ts";
import type { Compressors } from "./group.ts";
import type { Decompress } from "./pages.ts";

/** No codec makes more of a byte: `length` is allocated before anything is read. */
const maxRatios: Readonly<Record<string, number>> = { SNAPPY: 32, LZ4: 256, LZ4_RAW: 256 };

/**
 * Loads the decompressors.
 *
 * @throws {DataError} When the package is not there and cannot be fetched.
 */
export async function loadCompressors(
  place: { readonly file: string; readonly what: string },
): Promise<Compressors> {
  const { compressors } = await importPackage<{ readonly compressors: Compressors }>(
    "npm:hyparquet-compressors@1.1.2",
    place,
  );
  // it takes longer to start than all else that is imported here
  const { brotliDecompressSync, gunzipSync, zstdDecompressSync } = await import("node:zlib");
  const bounded = (decompress: typeof gunzipSync): Decompress => (bytes, length) =>
    decompress(bytes, { maxOutputLength: Math.max(1, length) });
  const others = Object.entries(maxRatios).map(([codec, ratio]): [string, Decompress] => [
    codec,
    (bytes, length) => {
      if (length <= ratio * bytes.length) return compressors[codec]!(bytes, length);
      throw new RangeError(`a page of ${bytes.length} bytes claims to hold ${length}`);
    },
  ]);
  return {
    ...Object.fromEntries(others),
    GZIP: bounded(gunzipSync),
    BROTLI: bounded(brotliDecompressSync as typeof gunzipSync),
    ZSTD: bounded(zstdDecompressSync as typeof gunzipSync),
  };
}

/**
 * What decompresses the buffers of Arrow files: the system's library for Zstandard and `lz4js` for LZ4, as
 * pandas and R write unless told otherwise. In front of a buffer stands how many bytes it will be.
 *
 * Source: Arrow columnar format 1.5, "Compression"
 *
 * @module
 */
import { importPackage } from "../optional_package.ts";
import { decodeLz4Frame, type DecompressBlock } from "./lz4_frame.ts";

/** How many bytes a compressed buffer becomes, in front of it. */
export const prefixBytes = 8;
/** In place of that number: the buffer is not compressed. */
export const notCompressed = -1;

/** Gives so many bytes, or throws. */
type Decompress = (bytes: Uint8Array, length: number) => Uint8Array;

/** How `apache-arrow` is told of what decompresses. */
export interface CompressionRegistry {
  set(type: number, codec: { decode(bytes: Uint8Array): Uint8Array }): void;
}

/** Kinds of compression. */
const kinds = { lz4Frame: 0, zstandard: 1 } as const;
/** No block of LZ4 makes more of a byte. */
const maxLz4Ratio = 256;

/**
 * Tells a registry what decompresses.
 *
 * @throws {DataError} When the package is not there and cannot be fetched.
 */
export async function registerCompression(
  registry: CompressionRegistry,
  place: { readonly file: string },
): Promise<void> {
  const { decompressBlock } = await importPackage<{ readonly decompressBlock: DecompressBlock }>(
    "npm:lz4js@0.2.0",
    { ...place, what: "compressed Arrow files" },
  );
  const { zstdDecompressSync } = await import("node:zlib");
  const add = (kind: number, decompress: Decompress) =>
    registry.set(kind, {
      decode: (bytes) => exactly(decompress, bytes),
    });
  add(kinds.lz4Frame, (bytes, length) => {
    if (length <= maxLz4Ratio * bytes.length) return decodeLz4Frame(bytes, length, decompressBlock);
    throw new RangeError(`a buffer of ${bytes.length} bytes claims to hold ${length}`);
  });
  add(
    kinds.zstandard,
    (bytes, maxOutputLength) =>
      maxOutputLength === 0 ? new Uint8Array(0) : zstdDecompressSync(bytes, { maxOutputLength }),
  );
}

/** Decompresses what must be as long as is said in front of it. */
function exactly(decompress: Decompress, bytes: Uint8Array): Uint8Array {
  const prefix = new DataView(bytes.buffer, bytes.byteOffset - prefixBytes, prefixBytes);
  const wanted = Number(prefix.getBigInt64(0, true));
  const { buffer, byteOffset, length } = decompress(bytes, wanted);
  if (length === wanted) return new Uint8Array(buffer, byteOffset, length);
  throw new RangeError(`a buffer claims to hold ${wanted} bytes and holds ${length}`);
}

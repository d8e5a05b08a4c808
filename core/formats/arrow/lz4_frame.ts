/**
 * Frames of LZ4, whose blocks `lz4js` decompresses; of the frame around them it checks nothing.
 *
 * Source: LZ4 frame format 1.6
 *
 * @module
 */

/** Decompresses a block of `source` into `target`; gives where its last byte came to, and one more. */
export type DecompressBlock = (
  source: Uint8Array,
  target: Uint8Array,
  begin: number,
  length: number,
  at: number,
) => number;

const magic = 0x184d2204;
/** Bits of the byte that says what a frame has. */
const flags = { dictionary: 1, contentChecksum: 4, contentSize: 8, blockChecksum: 16 } as const;
/** In the size of a block that is not compressed. */
const isStored = 0x80000000;

/**
 * Decompresses a frame of `length` bytes.
 *
 * @throws {RangeError} When it is none, is cut off, or holds another number of bytes.
 */
export function decodeLz4Frame(
  source: Uint8Array,
  length: number,
  decompressBlock: DecompressBlock,
): Uint8Array {
  const view = new DataView(source.buffer, source.byteOffset, source.length);
  if (view.getUint32(0, true) !== magic) throw new RangeError("a frame of LZ4 is none");
  const has = view.getUint8(4);
  if ((has & flags.dictionary) !== 0) {
    throw new RangeError("a frame of LZ4 wants a dictionary");
  }
  // magic, flags, largest block, checksum
  let at = 7 + ((has & flags.contentSize) === 0 ? 0 : 8);
  const target = new Uint8Array(length);
  let end = 0;
  for (;;) {
    const word = view.getUint32(at, true);
    at += 4;
    if (word === 0) break;
    const size = word & ~isStored;
    if (at + size > source.length) throw new RangeError("a frame of LZ4 is cut off");
    if ((word & isStored) === 0) {
      end = decompressBlock(source, target, at, size, end);
    } else {
      if (end + size <= length) target.set(source.subarray(at, at + size), end);
      end += size;
    }
    if (end > length) break;
    at += size + ((has & flags.blockChecksum) === 0 ? 0 : 4);
  }
  if (end === length) return target;
  throw new RangeError(`a buffer claims to hold ${length} bytes and holds ${end}`);
}

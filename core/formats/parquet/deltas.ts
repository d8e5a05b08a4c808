/**
 * Whole numbers as differences in packed bits, as Parquet writes the lengths of texts; of such, what is
 * needed to know how much they come to.
 *
 * Source: Parquet format 2.11, "Delta Encoding (DELTA_BINARY_PACKED = 5)"
 *
 * @module
 */

/** No writer makes larger blocks of differences: most take 128. */
const maxBlock = 1 << 20;

/** Reads the header of numbers that are written as differences. */
export function deltaHeader(
  bytes: Uint8Array,
  cursor: { at: number },
): { readonly block: number; readonly parts: number } {
  const [block, parts] = [varint(bytes, cursor), varint(bytes, cursor)];
  if (block >= 1 && block <= maxBlock && parts >= 1 && parts <= block) return { block, parts };
  throw new RangeError(`a page has blocks of ${block} values in ${parts} parts`);
}

/**
 * Sums lengths that are written as differences, and moves the cursor behind them.
 *
 * @param most No more lengths are there.
 * @throws {RangeError} When a length is none, or there are more.
 */
export function sumOfLengths(bytes: Uint8Array, cursor: { at: number }, most: number): number {
  const { block, parts } = deltaHeader(bytes, cursor);
  const count = varint(bytes, cursor);
  if (count > most) {
    throw new RangeError(`a page claims ${count} values where there is room for ${most}`);
  }
  let value = zigzag(varint(bytes, cursor));
  let sum = count === 0 ? 0 : lengthOf(value);
  const partValues = block / parts;
  for (let left = count - 1; left > 0;) {
    const least = zigzag(varint(bytes, cursor));
    const widths = bytes.subarray(cursor.at, cursor.at + parts);
    cursor.at += parts;
    for (let part = 0; part < parts && left > 0; part++) {
      const width = widths[part] ?? 0;
      if (width > 32) throw new RangeError(`a page has lengths of ${width} bits`);
      const begin = 8 * cursor.at;
      for (let i = 0; i < partValues && left > 0; i++, left--) {
        value = (value + least + bitsAt(bytes, begin + i * width, width)) | 0;
        sum += lengthOf(value);
      }
      cursor.at += Math.ceil(partValues * width / 8);
    }
    if (cursor.at > bytes.length) throw new RangeError("a page ends within its lengths");
  }
  return sum;
}

/** Reads a number of seven bits a byte. */
export function varint(bytes: Uint8Array, cursor: { at: number }): number {
  let value = 0;
  for (let scale = 1; cursor.at < bytes.length; scale *= 128) {
    const byte = bytes[cursor.at++]!;
    value += (byte & 127) * scale;
    if (byte < 128) break;
  }
  return value;
}

/** Numbers near 0 are written as small ones: 0, -1, 1, -2, … */
function zigzag(value: number): number {
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}

function lengthOf(value: number): number {
  if (value >= 0 && Number.isSafeInteger(value)) return value;
  throw new RangeError(`a page has a length of ${value}`);
}

/** Bits from a place on, the lowest first. */
function bitsAt(bytes: Uint8Array, place: number, width: number): number {
  let value = 0;
  for (let taken = 0; taken < width;) {
    const at = place + taken;
    const offset = at % 8;
    const some = Math.min(8 - offset, width - taken);
    value += (((bytes[Math.floor(at / 8)] ?? 0) >> offset) & ((1 << some) - 1)) * 2 ** taken;
    taken += some;
  }
  return value;
}

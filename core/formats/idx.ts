/**
 * The IDX format, in which MNIST is kept: two zero bytes, a type, a number of axes, the sizes of the
 * axes as big-endian 32-bit integers, then the elements, big-endian and row-major.
 *
 * Source: http://yann.lecun.com/exdb/mnist, "The IDX file format".
 *
 * @module
 */
import { DataError } from "../errors.ts";
import { formatAmount, formatCount } from "../format.ts";
import { formatShape, type HostTensor } from "../tensor/mod.ts";
import { decodeNumbers, type NumberTypeName, numberTypes } from "./decode_numbers.ts";
import { gunzip, isGzip, readBytes } from "./read_bytes.ts";

const typesByCode: ReadonlyMap<number, NumberTypeName> = new Map([
  [0x08, "u8"],
  [0x09, "i8"],
  [0x0b, "i16"],
  [0x0c, "i32"],
  [0x0d, "f32"],
  [0x0e, "f64"],
]);

interface IdxHeader {
  readonly type: NumberTypeName;
  readonly shape: readonly number[];
  readonly headerBytes: number;
  readonly fileBytes: number;
}

/**
 * Reads an IDX file, or one compressed by gzip. Signed bytes and 16-bit integers become i32, float64
 * becomes f32.
 *
 * @throws {DataError} When the file is missing or malformed.
 */
export async function readIdx(path: string | URL): Promise<HostTensor> {
  const { bytes, file } = await readBytes(path);
  if (!isGzip(bytes)) return parseIdx(bytes, file);
  const plain = await gunzip(bytes, {
    file,
    headerBytes: 4 + 4 * 255,
    sizeOf: (head) => parseHeader(head, file).fileBytes,
  });
  return parseIdx(plain, file);
}

/**
 * Parses the bytes of an IDX file. Elements of type u8 are not copied.
 *
 * @param file The path, for messages.
 * @throws {DataError} When the header is not one of IDX, or the file is not as long as it says.
 */
export function parseIdx(bytes: Uint8Array, file: string): HostTensor {
  const { type, shape, headerBytes, fileBytes } = parseHeader(bytes, file);
  if (bytes.length !== fileBytes) {
    const comparison = bytes.length < fileBytes ? "truncated" : "too long";
    throw new DataError(
      `Cannot read the IDX file: it is ${comparison}: its header says ${type}${
        formatShape(shape)
      }, ` +
        `which takes ${formatAmount(fileBytes, "byte")}, the file has ${formatCount(bytes.length)}`,
      { file, hint: "get the file again, whole" },
    );
  }
  const data = decodeNumbers(bytes.subarray(headerBytes), { type, littleEndian: false, file });
  return { dtype: numberTypes[type].dtype, shape, data };
}

function parseHeader(bytes: Uint8Array, file: string): IdxHeader {
  const refuse = (what: string, hint: string) =>
    new DataError(`Cannot read the IDX file: ${what}`, { file, hint });
  if (bytes.length < 4) {
    throw refuse(
      `received ${formatAmount(bytes.length, "byte")}, expected at least 4`,
      "get the file again, whole",
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const magic = view.getUint32(0);
  const type = typesByCode.get((magic >>> 8) & 0xff);
  const rank = magic & 0xff;
  if (magic >>> 16 !== 0 || type === undefined || rank === 0) {
    throw refuse(
      `it begins with 0x${magic.toString(16).padStart(8, "0")}, ` +
        "expected a magic number as 0x00000801 (labels) or 0x00000803 (images)",
      "name an IDX file, as MNIST's train-images-idx3-ubyte",
    );
  }
  const headerBytes = 4 + 4 * rank;
  if (bytes.length < headerBytes) {
    throw refuse(
      `its header of ${rank} ${rank === 1 ? "axis" : "axes"} takes ${
        formatAmount(headerBytes, "byte")
      }, the file has ${formatCount(bytes.length)}`,
      "get the file again, whole",
    );
  }
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  const elements = shape.includes(0) ? 0 : shape.reduce((product, size) => product * size, 1);
  return { type, shape, headerBytes, fileBytes: headerBytes + elements * numberTypes[type].bytes };
}

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
import type { ArrayFile } from "./array_file.ts";
import { decodeNumbers, type NumberTypeName, numberTypes } from "./decode_numbers.ts";
import { gunzip, isGzip, openBytes } from "./read_bytes.ts";

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

/** Bytes of the longest header: of 255 axes. */
const maxHeaderBytes = 4 + 4 * 255;

/**
 * Reads an IDX file, or one compressed by gzip. Signed bytes and 16-bit integers become i32, float64
 * becomes f32.
 *
 * @throws {DataError} When the file is missing or malformed.
 */
export async function readIdx(path: string | URL): Promise<HostTensor> {
  using idx = await openIdx(path);
  return await idx.read(0, idx.shape[0]!);
}

/**
 * Opens an IDX file, or one compressed by gzip, which is then decompressed whole.
 *
 * @throws {DataError} When the file is missing or malformed.
 */
export async function openIdx(path: string | URL): Promise<ArrayFile> {
  const opened = await openBytes(path);
  const { file } = opened;
  try {
    const head = await opened.read(0, Math.min(opened.size, maxHeaderBytes));
    if (!isGzip(head)) {
      const header = headerOf(head, { file, fileBytes: opened.size });
      return idxFile(header, { file, read: opened.read, close: opened[Symbol.dispose] });
    }
    const plain = await gunzip(await opened.read(0, opened.size), {
      file,
      headerBytes: maxHeaderBytes,
      sizeOf: (head) => parseHeader(head, { file, fileBytes: head.length }).fileBytes,
    });
    opened[Symbol.dispose]();
    const read = (at: number, length: number) => Promise.resolve(plain.subarray(at, at + length));
    return idxFile(headerOf(plain, { file, fileBytes: plain.length }), { file, read, close() {} });
  } catch (error) {
    opened[Symbol.dispose]();
    throw error;
  }
}

function idxFile(
  { type, shape, headerBytes, fileBytes }: IdxHeader,
  { file, read, close }: {
    readonly file: string;
    readonly read: (at: number, length: number) => Promise<Uint8Array>;
    readonly close: () => void;
  },
): ArrayFile {
  const { dtype } = numberTypes[type];
  const [rows, ...rest] = shape;
  const rowBytes = rows === 0 ? 0 : (fileBytes - headerBytes) / rows!;
  return {
    file,
    dtype,
    shape,
    async read(begin, end) {
      const bytes = await read(headerBytes + begin * rowBytes, (end - begin) * rowBytes);
      const data = decodeNumbers(bytes, { type, littleEndian: false, file });
      return { dtype, shape: [end - begin, ...rest], data };
    },
    [Symbol.dispose]: close,
  };
}

/**
 * Parses the bytes of an IDX file. Elements of type u8 are not copied.
 *
 * @param file The path, for messages.
 * @throws {DataError} When the header is not one of IDX, or the file is not as long as it says.
 */
export function parseIdx(bytes: Uint8Array, file: string): HostTensor {
  const { type, shape, headerBytes } = headerOf(bytes, { file, fileBytes: bytes.length });
  const data = decodeNumbers(bytes.subarray(headerBytes), { type, littleEndian: false, file });
  return { dtype: numberTypes[type].dtype, shape, data };
}

/** The header of a file that is as long as it says. */
function headerOf(head: Uint8Array, place: HeaderPlace): IdxHeader {
  const header = parseHeader(head, place);
  const { type, shape, fileBytes } = header;
  if (place.fileBytes === fileBytes) return header;
  const comparison = place.fileBytes < fileBytes ? "truncated" : "too long";
  throw new DataError(
    `Cannot read the IDX file: it is ${comparison}: its header says ${type}${
      formatShape(shape)
    }, ` +
      `which takes ${formatAmount(fileBytes, "byte")}, the file has ${
        formatCount(place.fileBytes)
      }`,
    { file: place.file, hint: "get the file again, whole" },
  );
}

/** The file that a header stands in. */
interface HeaderPlace {
  readonly file: string;
  /** How long the file is. */
  readonly fileBytes: number;
}

function parseHeader(bytes: Uint8Array, { file, fileBytes }: HeaderPlace): IdxHeader {
  const refuse = (what: string, hint: string) =>
    new DataError(`Cannot read the IDX file: ${what}`, { file, hint });
  if (bytes.length < 4) {
    throw refuse(
      `received ${formatAmount(fileBytes, "byte")}, expected at least 4`,
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
      }, the file has ${formatCount(fileBytes)}`,
      "get the file again, whole",
    );
  }
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  const elements = shape.includes(0) ? 0 : shape.reduce((product, size) => product * size, 1);
  return { type, shape, headerBytes, fileBytes: headerBytes + elements * numberTypes[type].bytes };
}

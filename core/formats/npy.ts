/**
 * The NPY format of NumPy: a magic string, a version, a header that is a Python literal, then the
 * elements. The header is parsed strictly and nothing is ever evaluated; arrays of objects, which are
 * pickles and could run code, are refused.
 *
 * Source: NumPy's documentation, numpy.lib.format.
 *
 * @module
 */
import { DataError } from "../errors.ts";
import { formatAmount, formatCount } from "../format.ts";
import {
  allocateElements,
  type DType,
  elementBytes,
  type Elements,
  formatShape,
  type HostTensor,
  hostTensor,
  rowMajorStrides,
  type Shape,
  sizeOf,
} from "../tensor/mod.ts";
import { decodeNumbers, type NumberTypeName, numberTypes } from "./decode_numbers.ts";
import type { ArrayFile } from "./array_file.ts";
import { openBytes, readBytes } from "./read_bytes.ts";

const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59] as const;
const maxHeaderBytes = 1 << 20;
const maxRank = 64;

const typesByDescription: ReadonlyMap<string, NumberTypeName> = new Map([
  ["b1", "u8"],
  ["u1", "u8"],
  ["i1", "i8"],
  ["u2", "u16"],
  ["i2", "i16"],
  ["u4", "u32"],
  ["i4", "i32"],
  ["u8", "u64"],
  ["i8", "i64"],
  ["f2", "f16"],
  ["f4", "f32"],
  ["f8", "f64"],
]);

const descriptions: Readonly<Record<DType, string>> = {
  f32: "<f4",
  i32: "<i4",
  u32: "<u4",
  u8: "|u1",
};

interface NpyHeader {
  readonly description: string;
  readonly fortranOrder: boolean;
  readonly shape: Shape;
}

/**
 * Reads an NPY file. Booleans become u8; integers i32 or u32, where they must fit; float16 and
 * float64 become f32. Arrays in Fortran order are brought into row-major order.
 *
 * @throws {DataError} When the file is missing or malformed.
 */
export async function readNpy(path: string | URL): Promise<HostTensor> {
  const { bytes, file } = await readBytes(path);
  return parseNpy(bytes, file);
}

/**
 * Opens an NPY file to read ranges of its rows. An array in Fortran order is read whole, since its
 * rows lie scattered.
 *
 * @throws {DataError} When the file is missing or malformed, or holds a scalar.
 */
export async function openNpy(path: string | URL): Promise<ArrayFile> {
  const opened = await openBytes(path);
  const { file, size } = opened;
  try {
    const head = await opened.read(0, Math.min(size, maxHeaderBytes + 12));
    const layout = layoutOf(head, { file, fileBytes: size });
    const { shape, type, littleEndian, dataBegin, fortranOrder } = layout;
    const [rows, ...rest] = shape;
    if (rows === undefined) {
      throw new DataError("Cannot read rows of the NPY file: it holds a single number", {
        file,
        hint: "save an array whose first axis are the rows",
      });
    }
    const { dtype, bytes } = numberTypes[type];
    const rowBytes = rest.includes(0) ? 0 : sizeOf(rest) * bytes;
    let whole: HostTensor | undefined;
    return {
      file,
      dtype,
      shape,
      async read(begin, end) {
        if (fortranOrder) {
          whole ??= parseNpy(await opened.read(0, size), file);
          return rowsOf(whole, begin, end);
        }
        const part = await opened.read(dataBegin + begin * rowBytes, (end - begin) * rowBytes);
        const data = decodeNumbers(part, { type, littleEndian, file });
        return { dtype, shape: [end - begin, ...rest], data };
      },
      [Symbol.dispose]: () => opened[Symbol.dispose](),
    };
  } catch (error) {
    opened[Symbol.dispose]();
    throw error;
  }
}

/** Offers an array in memory as a file of rows. */
export function arrayRows(tensor: HostTensor, file: string): ArrayFile {
  return {
    file,
    dtype: tensor.dtype,
    shape: tensor.shape,
    read: (begin, end) => Promise.resolve(rowsOf(tensor, begin, end)),
    [Symbol.dispose]() {},
  };
}

function rowsOf({ dtype, shape, data }: HostTensor, begin: number, end: number): HostTensor {
  const rest = shape.slice(1);
  const width = sizeOf(rest);
  return { dtype, shape: [end - begin, ...rest], data: data.subarray(begin * width, end * width) };
}

/**
 * Parses the bytes of an NPY file, version 1, 2 or 3. Elements of type u8 are not copied.
 *
 * @param file The path, for messages.
 * @throws {DataError} When the header is not one of NPY, the dtype is none of numbers, or the file is
 * not as long as the header says.
 */
export function parseNpy(bytes: Uint8Array, file: string): HostTensor {
  const layout = layoutOf(bytes, { file, fileBytes: bytes.length });
  const { shape, type, littleEndian, dataBegin, fortranOrder } = layout;
  const data = decodeNumbers(bytes.subarray(dataBegin), { type, littleEndian, file });
  const { dtype } = numberTypes[type];
  return { dtype, shape, data: fortranOrder ? toRowMajor(data, { shape, dtype }) : data };
}

/** Where and how the elements stand in a file. */
interface NpyLayout extends Pick<NpyHeader, "fortranOrder" | "shape"> {
  readonly type: NumberTypeName;
  readonly littleEndian: boolean;
  readonly dataBegin: number;
}

/** What the first bytes of a file say, which fits the file's length. */
function layoutOf(
  bytes: Uint8Array,
  { file, fileBytes }: { readonly file: string; readonly fileBytes: number },
): NpyLayout {
  const refuse = (what: string, hint: string) =>
    new DataError(`Cannot read the NPY file: ${what}`, { file, hint });
  if (bytes.length < 10 || magic.some((byte, i) => bytes[i] !== byte)) {
    throw refuse("it does not begin as NPY files do", "save the array with numpy.save");
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const version = bytes[6]!;
  if (version < 1 || version > 3 || bytes[7] !== 0) {
    throw refuse(
      `its version is ${version}.${bytes[7]}, expected 1.0, 2.0 or 3.0`,
      "save the array with numpy.save",
    );
  }
  const lengthBytes = version === 1 ? 2 : 4;
  const headerBegin = 8 + lengthBytes;
  const headerBytes = bytes.length < headerBegin
    ? Infinity
    : version === 1
    ? view.getUint16(8, true)
    : view.getUint32(8, true);
  if (headerBegin + headerBytes > bytes.length || headerBytes > maxHeaderBytes) {
    throw refuse(
      `its header claims ${formatAmount(headerBytes, "byte")}, the file has ${
        formatCount(fileBytes)
      }`,
      "get the file again, whole",
    );
  }
  const dataBegin = headerBegin + headerBytes;
  const text = new TextDecoder(version === 3 ? "utf-8" : "latin1")
    .decode(bytes.subarray(headerBegin, dataBegin));
  const header = parseHeader(text);
  if (header === undefined) {
    throw refuse(
      `its header is ${JSON.stringify(text.trim().slice(0, 120))}, expected one as ` +
        `{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }`,
      "save a plain array of numbers with numpy.save",
    );
  }
  const type = typesByDescription.get(header.description.slice(1));
  if (type === undefined) {
    throw refuse(
      `its dtype is '${header.description}', expected one of ` +
        [...typesByDescription.keys()].join(", "),
      header.description.endsWith("O")
        ? "arrays of objects are pickles, which could run code: save an array of numbers"
        : "convert the array with .astype('float32')",
    );
  }
  const { shape } = header;
  const expected = dataBegin +
    (shape.includes(0) ? 0 : sizeOf(shape) * numberTypes[type].bytes);
  if (fileBytes !== expected) {
    const comparison = fileBytes < expected ? "truncated" : "too long";
    throw refuse(
      `it is ${comparison}: its header says ${type}${formatShape(shape)}, which takes ` +
        `${formatAmount(expected, "byte")}, the file has ${formatCount(fileBytes)}`,
      "get the file again, whole",
    );
  }
  return {
    type,
    shape,
    dataBegin,
    littleEndian: !header.description.startsWith(">"),
    fortranOrder: header.fortranOrder,
  };
}

/** Renders a tensor as an NPY file that `numpy.load` reads. */
export function encodeNpy(tensor: HostTensor): Uint8Array<ArrayBuffer> {
  const { dtype, shape, data } = hostTensor(tensor.data, tensor);
  const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const text = `{'descr': '${descriptions[dtype]}', 'fortran_order': False, 'shape': (${sizes}), }`;
  // NumPy pads the header so that the data is aligned to 64 bytes.
  const dataBegin = Math.ceil((10 + text.length + 1) / 64) * 64;
  const file = new Uint8Array(dataBegin + data.length * elementBytes(dtype));
  file.set([...magic, 1, 0]);
  new DataView(file.buffer).setUint16(8, dataBegin - 10, true);
  file.set(new TextEncoder().encode(text.padEnd(dataBegin - 11) + "\n"), 10);
  const elements = allocateElements(dtype, data.length);
  elements.set(data);
  file.set(new Uint8Array(elements.buffer), dataBegin);
  return file;
}

const field =
  /^\s*(?:'(\w+)'|"(\w+)")\s*:\s*(?:'([^']*)'|"([^"]*)"|(True|False)|\(([\d\s,]*)\))\s*(,|(?=\}))/;

/** The three fields of a header, each exactly once; `undefined` when it is anything else. */
function parseHeader(text: string): NpyHeader | undefined {
  const body = text.trim();
  if (!body.startsWith("{") || !body.endsWith("}")) return undefined;
  const found = new Map<string, string>();
  let rest = body.slice(1);
  for (let match = field.exec(rest); match !== null; match = field.exec(rest)) {
    const [whole, key1, key2, text1, text2, flag, sizes] = match;
    const key = key1 ?? key2 ?? "";
    const value = key === "descr"
      ? text1 ?? text2
      : key === "fortran_order"
      ? flag
      : key === "shape"
      ? sizes
      : undefined;
    if (value === undefined || found.has(key)) return undefined;
    found.set(key, value);
    rest = rest.slice(whole.length);
  }
  if (rest.trim() !== "}") return undefined;
  const description = found.get("descr");
  const fortranOrder = found.get("fortran_order");
  const shape = parseSizes(found.get("shape") ?? "?");
  if (description === undefined || fortranOrder === undefined || shape === undefined) {
    return undefined;
  }
  if (!/^[<>|=]/.test(description)) return undefined;
  return { description, fortranOrder: fortranOrder === "True", shape };
}

/** The sizes of a Python tuple: `"2, 3"`, `"5,"`, or nothing. */
function parseSizes(text: string): number[] | undefined {
  if (text.trim() === "") return [];
  if (!/^\s*\d+\s*,(?:\s*\d+\s*,)*(?:\s*\d+\s*)?$/.test(text)) return undefined;
  const sizes = text.split(",").filter((size) => size.trim() !== "").map(Number);
  return sizes.length <= maxRank && sizes.every(Number.isSafeInteger) ? sizes : undefined;
}

/** Reorders elements whose first axis varies fastest. */
function toRowMajor(
  data: Elements,
  { shape, dtype }: { readonly shape: Shape; readonly dtype: DType },
): Elements {
  const strides = rowMajorStrides([...shape].reverse()).reverse();
  const index = new Array<number>(shape.length).fill(0);
  const result = allocateElements(dtype, data.length);
  let source = 0;
  for (let i = 0; i < result.length; i++) {
    result[i] = data[source]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      source += strides[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      source -= strides[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
  return result;
}

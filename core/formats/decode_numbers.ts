/**
 * From the numbers of a binary file, in any width and byte order, to the elements of a tensor.
 *
 * @module
 */
import { DataError } from "../errors.ts";
import { allocateElements, type DType, type Elements } from "../tensor/mod.ts";

interface NumberType {
  readonly bytes: number;
  /** The element type that holds them: float64 is rounded, 64-bit integers must fit. */
  readonly dtype: DType;
  readonly read: (view: DataView, offset: number, littleEndian: boolean) => number;
}

/** The types of numbers that files hold, by the name of their kind and bits. */
export const numberTypes = {
  u8: { bytes: 1, dtype: "u8", read: (view, at) => view.getUint8(at) },
  i8: { bytes: 1, dtype: "i32", read: (view, at) => view.getInt8(at) },
  u16: { bytes: 2, dtype: "u32", read: (view, at, little) => view.getUint16(at, little) },
  i16: { bytes: 2, dtype: "i32", read: (view, at, little) => view.getInt16(at, little) },
  u32: { bytes: 4, dtype: "u32", read: (view, at, little) => view.getUint32(at, little) },
  i32: { bytes: 4, dtype: "i32", read: (view, at, little) => view.getInt32(at, little) },
  u64: {
    bytes: 8,
    dtype: "u32",
    read: (view, at, little) => Number(view.getBigUint64(at, little)),
  },
  i64: { bytes: 8, dtype: "i32", read: (view, at, little) => Number(view.getBigInt64(at, little)) },
  f16: { bytes: 2, dtype: "f32", read: (view, at, little) => view.getFloat16(at, little) },
  f32: { bytes: 4, dtype: "f32", read: (view, at, little) => view.getFloat32(at, little) },
  f64: { bytes: 8, dtype: "f32", read: (view, at, little) => view.getFloat64(at, little) },
} as const satisfies Readonly<Record<string, NumberType>>;

/** Name of a type of numbers. */
export type NumberTypeName = keyof typeof numberTypes;

/**
 * Decodes all of `bytes`, whose length is a multiple of the type's. Bytes are not copied.
 *
 * @throws {DataError} When a 64-bit integer does not fit into 32 bits.
 */
export function decodeNumbers(
  bytes: Uint8Array,
  { type: name, littleEndian, file }: {
    readonly type: NumberTypeName;
    readonly littleEndian: boolean;
    readonly file: string;
  },
): Elements {
  const type: NumberType = numberTypes[name];
  if (name === "u8") return bytes;
  const elements = allocateElements(type.dtype, bytes.length / type.bytes);
  if (littleEndian && (name === "f32" || name === "i32" || name === "u32")) {
    new Uint8Array(elements.buffer).set(bytes);
    return elements;
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let i = 0; i < elements.length; i++) {
    const number = type.read(view, i * type.bytes, littleEndian);
    elements[i] = number;
    if (type.bytes === 8 && type.dtype !== "f32" && elements[i] !== number) {
      throw new DataError(
        `Cannot hold the integer ${number} of element ${i} in ${type.dtype}: ` +
          "it does not fit into 32 bits",
        { file, hint: "save the array as float32, or with smaller numbers" },
      );
    }
  }
  return elements;
}

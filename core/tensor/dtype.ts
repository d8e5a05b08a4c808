/**
 * Element types of tensors and the typed arrays that hold them on the host.
 *
 * @module
 */

/** Element type: 32-bit float, signed and unsigned 32-bit integer, unsigned byte. */
export type DType = "f32" | "i32" | "u32" | "u8";

/** A typed array as it holds a tensor's elements; float64 only on the reference device. */
export type Elements = Float32Array | Float64Array | Int32Array | Uint32Array | Uint8Array;

/** Every element type. */
export const dtypes: readonly DType[] = ["f32", "i32", "u32", "u8"];

const sizes: Readonly<Record<DType, number>> = { f32: 4, i32: 4, u32: 4, u8: 1 };

/** Bytes of one element. */
export function elementBytes(dtype: DType): number {
  return sizes[dtype];
}

/** Tells whether a string names an element type. */
export function isDType(name: string): name is DType {
  return name in sizes;
}

/** Makes a zeroed typed array for `length` elements. */
export function allocateElements(dtype: DType, length: number): Elements {
  switch (dtype) {
    case "f32":
      return new Float32Array(length);
    case "i32":
      return new Int32Array(length);
    case "u32":
      return new Uint32Array(length);
    case "u8":
      return new Uint8Array(length);
  }
}

/** Views `length` elements of a buffer, from `byteOffset` on. */
export function viewElements(
  buffer: ArrayBufferLike,
  { dtype, byteOffset, length }: { dtype: DType; byteOffset: number; length: number },
): Elements {
  switch (dtype) {
    case "f32":
      return new Float32Array(buffer, byteOffset, length);
    case "i32":
      return new Int32Array(buffer, byteOffset, length);
    case "u32":
      return new Uint32Array(buffer, byteOffset, length);
    case "u8":
      return new Uint8Array(buffer, byteOffset, length);
  }
}

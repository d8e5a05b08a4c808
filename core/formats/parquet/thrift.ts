/**
 * Thrift's compact protocol, as far as Parquet's page headers need it; and a check of what is larger,
 * the footer, before a library reads it that takes a list's claimed length for granted.
 *
 * @module
 */

/** Fields by number: whole numbers, truths and structs; texts and lists are passed over. */
export interface ThriftStruct {
  readonly [field: number]: number | boolean | ThriftStruct | undefined;
}

/** Kinds of fields. */
const kinds = {
  stop: 0,
  yes: 1,
  no: 2,
  byte: 3,
  i16: 4,
  i32: 5,
  i64: 6,
  double: 7,
  binary: 8,
  list: 9,
  struct: 12,
} as const;

/** Structs and lists within others may go so deep. */
const maxDepth = 64;

/** Reads structs of bytes, one after the other. */
export class ThriftReader {
  /** Where the next struct begins. */
  at: number;
  readonly #view: DataView;

  /** Reads from byte `at` on. */
  constructor(view: DataView, at = 0) {
    this.#view = view;
    this.at = at;
  }

  /**
   * Reads a struct.
   *
   * @throws {RangeError} When it ends outside of the bytes, a list claims more elements than there are
   * bytes, or a kind of field is none of Parquet's.
   */
  struct(depth = 0): ThriftStruct {
    if (depth > maxDepth) throw new RangeError("structs are nested too deeply");
    const fields: Record<number, ThriftStruct[number]> = {};
    for (let field = 0;;) {
      const byte = this.#byte();
      const kind = byte & 15;
      if (kind === kinds.stop) return fields;
      field = byte >> 4 === 0 ? this.#zigzag() : field + (byte >> 4);
      fields[field] = this.#value(kind, depth + 1);
    }
  }

  #value(kind: number, depth: number): ThriftStruct[number] {
    switch (kind) {
      case kinds.yes:
        return true;
      case kinds.no:
        return false;
      case kinds.byte:
        return this.#byte();
      case kinds.i16:
      case kinds.i32:
      case kinds.i64:
        return this.#zigzag();
      case kinds.double:
        return this.#skip(8);
      case kinds.binary:
        return this.#skip(this.#varint());
      case kinds.list:
        return this.#list(depth);
      case kinds.struct:
        return this.struct(depth);
      default:
        throw new RangeError(`a field is of kind ${kind}`);
    }
  }

  #list(depth: number): undefined {
    const byte = this.#byte();
    const count = byte >> 4 === 15 ? this.#varint() : byte >> 4;
    const kind = byte & 15;
    const left = this.#view.byteLength - this.at;
    if (count > left) throw new RangeError(`a list claims ${count} elements in ${left} bytes`);
    if (depth > maxDepth) throw new RangeError("lists are nested too deeply");
    // a truth in a list takes a byte
    const element = kind === kinds.yes || kind === kinds.no ? kinds.byte : kind;
    for (let i = 0; i < count; i++) this.#value(element, depth + 1);
  }

  #skip(size: number): undefined {
    const left = this.#view.byteLength - this.at;
    if (size > left) throw new RangeError(`a field claims ${size} of ${left} bytes`);
    this.at += size;
  }

  #byte(): number {
    if (this.at >= this.#view.byteLength) throw new RangeError("it is cut off");
    return this.#view.getUint8(this.at++);
  }

  #zigzag(): number {
    const value = this.#varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  #varint(): number {
    let value = 0;
    for (let scale = 1;; scale *= 128) {
      const byte = this.#byte();
      value += (byte & 127) * scale;
      if (byte < 128) return value;
      // a number of 64 bits takes ten bytes at most
      if (scale >= 2 ** 63) throw new RangeError("a number has too many bytes");
    }
  }
}

/** The bytes of a struct of numbers of 32 bits, truths and structs of them. */
export function thriftBytes(fields: ThriftStruct): number[] {
  const bytes: number[] = [];
  let before = 0;
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    // a struct of Parquet's has few fields: the difference fits beside the kind
    const head = (Number(name) - before) << 4;
    before = Number(name);
    if (typeof value === "boolean") bytes.push(head | (value ? kinds.yes : kinds.no));
    else if (typeof value === "number") bytes.push(head | kinds.i32, ...zigzagBytes(value));
    else bytes.push(head | kinds.struct, ...thriftBytes(value));
  }
  bytes.push(kinds.stop);
  return bytes;
}

function zigzagBytes(value: number): number[] {
  let left = value >= 0 ? 2 * value : -2 * value - 1;
  const bytes: number[] = [];
  for (; left >= 128; left = Math.floor(left / 128)) bytes.push(left % 128 | 128);
  return [...bytes, left];
}

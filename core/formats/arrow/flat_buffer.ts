/**
 * Checks FlatBuffers of files that nobody vouches for: every table, vector and text must lie within the
 * bytes. The readers that are generated for FlatBuffers check nothing: a count of two thousand million
 * is looped over, and what lies outside reads as zeros.
 *
 * @module
 */

/** What a field holds: a number of so many bytes, text, a table, or a vector of something. */
export type FieldLayout =
  | number
  | "string"
  | { readonly table: TableLayout }
  | { readonly vector: FieldLayout };

/** The fields of a table by their number in the schema; a function, as tables may hold their like. */
export type TableLayout = (table: FlatTable) => Readonly<Record<number, FieldLayout>>;

/** Tables within tables may go so deep. */
const maxDepth = 64;

/** A table whose fields lie within the bytes. */
export class FlatTable {
  readonly #bytes: DataView;
  readonly #at: number;
  readonly #vtable: number;
  readonly #fields: number;

  /** @throws {RangeError} When the table or its list of fields lies outside the bytes. */
  constructor(bytes: DataView, at: number) {
    this.#bytes = bytes;
    this.#at = at;
    this.#vtable = at - bytes.getInt32(at, true);
    const size = bytes.getUint16(this.#vtable, true);
    if (size < 4 || this.#vtable + size > bytes.byteLength) throw outside("a list of fields");
    this.#fields = size / 2 - 2;
  }

  /** Where a field is; `undefined` where the table has none of that number. */
  at(field: number): number | undefined {
    if (field >= this.#fields) return undefined;
    const offset = this.#bytes.getUint16(this.#vtable + 4 + 2 * field, true);
    return offset === 0 ? undefined : this.#at + offset;
  }

  /** The first byte of a field, as kinds are; 0 where there is none. */
  byte(field: number): number {
    const at = this.at(field);
    return at === undefined ? 0 : this.#bytes.getUint8(at);
  }

  /** A field of 8 bytes, or of 4; 0 where there is none. */
  number(field: number): number {
    const at = this.at(field);
    return at === undefined ? 0 : Number(this.#bytes.getBigInt64(at, true));
  }

  /** Where the elements of a vector begin, and how many there are. */
  vector(field: number): { readonly begin: number; readonly count: number } {
    const at = this.at(field);
    if (at === undefined) return { begin: 0, count: 0 };
    const begin = at + this.#bytes.getUint32(at, true);
    return { begin: begin + 4, count: this.#bytes.getUint32(begin, true) };
  }

  /** A table that a field points to. */
  table(field: number): FlatTable | undefined {
    const at = this.at(field);
    return at === undefined
      ? undefined
      : new FlatTable(this.#bytes, at + this.#bytes.getUint32(at, true));
  }
}

/**
 * Checks a buffer and everything that it holds; gives its root.
 *
 * @throws {RangeError} When something lies outside, or is held more often than there is room for.
 */
export function verifyFlatBuffer(bytes: DataView, root: TableLayout): FlatTable {
  const at = bytes.getUint32(0, true);
  // tables may share parts, and parts of parts: what is read of them may not grow beyond the bytes
  new Verifier(bytes).table(at, root, 0);
  return new FlatTable(bytes, at);
}

class Verifier {
  readonly #bytes: DataView;
  #left: number;

  constructor(bytes: DataView) {
    this.#bytes = bytes;
    this.#left = 4 * bytes.byteLength;
  }

  table(at: number, layout: TableLayout, depth: number): void {
    if (depth > maxDepth) throw new RangeError("tables are nested too deeply");
    this.#take(4);
    const table = new FlatTable(this.#bytes, at);
    for (const [field, held] of Object.entries(layout(table))) {
      const at = table.at(Number(field));
      if (at !== undefined) this.#held(at, held, depth + 1);
    }
  }

  #held(at: number, layout: FieldLayout, depth: number): void {
    if (typeof layout === "number") return this.#requireWithin(at, layout);
    this.#requireWithin(at, 4);
    const target = at + this.#bytes.getUint32(at, true);
    if (typeof layout === "object" && "table" in layout) {
      return this.table(target, layout.table, depth);
    }
    this.#requireWithin(target, 4);
    const count = this.#bytes.getUint32(target, true);
    const element = layout === "string" ? 1 : layout.vector;
    const size = typeof element === "number" ? element : 4;
    this.#requireWithin(target + 4, count * size);
    this.#take(count * size);
    if (typeof element === "number") return;
    for (let i = 0; i < count; i++) this.#held(target + 4 + 4 * i, element, depth);
  }

  #requireWithin(at: number, size: number): void {
    if (at >= 0 && at + size <= this.#bytes.byteLength) return;
    throw outside(`${size} bytes of a field`);
  }

  #take(size: number): void {
    this.#left -= size;
    if (this.#left < 0) throw new RangeError("it holds more than its bytes can tell of");
  }
}

function outside(what: string): RangeError {
  return new RangeError(`${what} lie outside of its bytes`);
}

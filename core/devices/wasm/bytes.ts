/**
 * Bytes that grow as they are written, with the numbers of WebAssembly's binary format.
 *
 * @module
 */

/** Bytes that grow as they are written. */
export class Bytes {
  #data: Uint8Array<ArrayBuffer>;
  /** Number of bytes written. */
  length = 0;

  constructor(capacity = 1024) {
    this.#data = new Uint8Array(capacity);
  }

  /** What was written. */
  get written(): Uint8Array<ArrayBuffer> {
    return this.#data.subarray(0, this.length);
  }

  /** One byte. */
  byte(value: number): void {
    if (this.length === this.#data.length) this.#grow(this.length + 1);
    this.#data[this.length++] = value;
  }

  /** Many bytes. */
  append(bytes: Uint8Array): void {
    if (this.length + bytes.length > this.#data.length) this.#grow(this.length + bytes.length);
    this.#data.set(bytes, this.length);
    this.length += bytes.length;
  }

  /** An unsigned number in LEB128. */
  unsigned(value: number): void {
    if (value < 0x80) return this.byte(value);
    let rest = value;
    while (rest >= 0x80) {
      this.byte((rest % 0x80) | 0x80);
      rest = Math.floor(rest / 0x80);
    }
    this.byte(rest);
  }

  /** A signed 32-bit number in LEB128. */
  signed(value: number): void {
    if (value >= -0x40 && value < 0x40) return this.byte(value & 0x7f);
    let rest = value | 0;
    for (;;) {
      const low = rest & 0x7f;
      rest >>= 7;
      if ((rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0)) {
        this.byte(low);
        return;
      }
      this.byte(low | 0x80);
    }
  }

  /** A name: its length and its bytes. */
  name(text: string): void {
    const bytes = new TextEncoder().encode(text);
    this.unsigned(bytes.length);
    this.append(bytes);
  }

  #grow(needed: number): void {
    const data = new Uint8Array(Math.max(needed, 4 * this.#data.length));
    data.set(this.written);
    this.#data = data;
  }
}

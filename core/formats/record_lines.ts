/**
 * Where the records of a CSV file begin, so that messages can name the line: the parser gives records
 * alone, without blank lines and with quoted fields that may span several.
 *
 * @module
 */
import { DataError } from "../errors.ts";

/** Decodes a file's bytes on their way to the CSV parser and notes at which line each record begins. */
export class RecordLines {
  readonly #file: string;
  readonly #decoder = new TextDecoder("utf-8", { fatal: true });
  #begins: number[] = [];
  #taken = 0;
  #line = 1;
  /** Whether the line has nothing yet that begins a record. */
  #blank = true;
  #quoted = false;

  constructor(file: string) {
    this.#file = file;
  }

  /** The line of the next record that the parser gives. */
  next(): number {
    if (this.#taken === 4096) {
      this.#begins = this.#begins.slice(this.#taken);
      this.#taken = 0;
    }
    return this.#begins[this.#taken++] ?? this.#line;
  }

  /** From bytes to text; fails with a {@linkcode DataError} at what is not UTF-8. */
  stream(): TransformStream<Uint8Array<ArrayBuffer>, string> {
    return new TransformStream({
      transform: (bytes, controller) => {
        const text = this.#decode(bytes);
        this.#scan(text);
        controller.enqueue(text);
      },
      flush: () => void this.#decode(new Uint8Array(0), true),
    });
  }

  #decode(bytes: Uint8Array<ArrayBuffer>, last = false): string {
    try {
      return this.#decoder.decode(bytes, { stream: !last });
    } catch (cause) {
      throw new DataError("Cannot read the CSV file: it is not text in UTF-8", {
        file: this.#file,
        row: this.#line + linesBeforeInvalid(bytes),
        cause,
        hint: "save it as UTF-8",
      });
    }
  }

  #scan(text: string): void {
    let quote = text.indexOf('"');
    for (let at = 0; at < text.length;) {
      const newline = text.indexOf("\n", at);
      const end = newline < 0 ? text.length : newline;
      if (this.#blank) {
        while (at < end && text[at] === "\r") at++;
        if (at < end) {
          this.#begins.push(this.#line);
          this.#blank = false;
        }
      }
      while (quote >= 0 && quote < end) {
        this.#quoted = !this.#quoted;
        quote = text.indexOf('"', quote + 1);
      }
      if (newline >= 0) {
        this.#line++;
        this.#blank = !this.#quoted;
      }
      at = end + 1;
    }
  }
}

/** Complete lines of UTF-8 before the first that is not; bytes may begin within a character. */
function linesBeforeInvalid(bytes: Uint8Array<ArrayBuffer>): number {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let begin = 0;
  while (begin < 3 && (bytes[begin] ?? 0) >> 6 === 0b10) begin++;
  for (let lines = 0;; lines++) {
    const end = bytes.indexOf(0x0a, begin) + 1;
    if (end === 0) return lines;
    try {
      decoder.decode(bytes.subarray(begin, end));
    } catch {
      return lines;
    }
    begin = end;
  }
}

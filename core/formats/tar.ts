/**
 * Reading tar archives from end to end: what they hold is given entry by entry, and nothing is kept. No
 * header is trusted: its checksum, its size and the archive's end are checked.
 *
 * Source: POSIX.1-2001, pax interchange format; the long names of GNU tar.
 *
 * @module
 */
import { DataError } from "../errors.ts";
import { formatAmount } from "../format.ts";

/** One entry of an archive. */
export interface TarEntry {
  /** Its name, with folders. */
  readonly name: string;
  /** Whether it is a file; else a folder, a link, or something else of a file system. */
  readonly isFile: boolean;
  /** Bytes that it holds. */
  readonly bytes: number;
  /** What it holds, once; what is not read before the next entry is passed over. */
  readonly content: AsyncIterable<Uint8Array>;
}

const blockBytes = 512;
/** Records about an entry, as long names, that are longer are none. */
const maxRecordBytes = 1 << 20;

/**
 * Reads the entries of an archive, in its order.
 *
 * @param chunks The archive's bytes, decompressed.
 * @param file Path of the archive, for messages.
 * @throws {DataError} When it is damaged, ends too early, or is no archive.
 */
export async function* readTar(
  chunks: AsyncIterable<Uint8Array>,
  file: string,
): AsyncGenerator<TarEntry, void, void> {
  const input = new Input(chunks, file);
  try {
    let stated: { readonly name?: string; readonly bytes?: number } = {};
    for (let isFirst = true;; isFirst = false) {
      const block = await input.take(blockBytes, { mayEnd: true });
      // two blocks of zeros end an archive; some writers leave them out
      if (block === undefined || block.every((byte) => byte === 0)) {
        if (isFirst) throw refusal(file, "it holds nothing", "name a tar archive");
        return;
      }
      const header = parseHeader(block, file);
      const { kind } = header;
      if (kind === "L" || kind === "x" || kind === "g") {
        if (header.bytes > maxRecordBytes) {
          throw refusal(file, `a record about an entry has ${formatAmount(header.bytes, "byte")}`);
        }
        const record = (await input.take(header.bytes))!;
        await input.skip(padding(header.bytes));
        if (kind === "L") stated = { ...stated, name: textOf(record) };
        if (kind === "x") stated = { ...stated, ...parsePax(record) };
        continue;
      }
      const { name = header.name, bytes = header.bytes } = stated;
      stated = {};
      let left = bytes;
      yield {
        name,
        isFile: kind === "0" || kind === "\0" || kind === "7",
        bytes,
        content: (async function* () {
          while (left > 0) {
            const part = await input.takeSome(left);
            left -= part.length;
            yield part;
          }
        })(),
      };
      await input.skip(left + padding(bytes));
    }
  } finally {
    await input.close();
  }
}

function refusal(
  file: string,
  what: string,
  hint = "the archive is damaged or not complete: get it again",
): DataError {
  return new DataError(`Cannot read the tar archive: ${what}`, { file, hint });
}

/** Bytes that fill the last block of an entry. */
function padding(bytes: number): number {
  return (blockBytes - bytes % blockBytes) % blockBytes;
}

function parseHeader(
  block: Uint8Array,
  file: string,
): { readonly name: string; readonly bytes: number; readonly kind: string } {
  // the checksum is the sum of all bytes, with its own field as blanks
  let sum = 8 * 0x20;
  for (let i = 0; i < blockBytes; i++) if (i < 148 || i >= 156) sum += block[i]!;
  if (parseNumber(block.subarray(148, 156)) !== sum) {
    throw refusal(file, "a header does not have its checksum", "name a whole tar archive");
  }
  const bytes = parseNumber(block.subarray(124, 136));
  if (!Number.isSafeInteger(bytes) || bytes < 0) {
    throw refusal(file, `an entry claims ${bytes} bytes`);
  }
  const isPosix = textOf(block.subarray(257, 262)) === "ustar";
  const prefix = isPosix ? textOf(block.subarray(345, 500)) : "";
  const name = textOf(block.subarray(0, 100));
  return {
    name: prefix === "" ? name : `${prefix}/${name}`,
    bytes,
    kind: String.fromCharCode(block[156]!),
  };
}

/** Octal digits, or, with the first bit set, a number in bytes; NaN where it is neither. */
function parseNumber(field: Uint8Array): number {
  if ((field[0]! & 0x80) !== 0) {
    return field.subarray(1).reduce((value, byte) => 256 * value + byte, field[0]! & 0x7f);
  }
  const text = textOf(field).trim();
  return /^[0-7]*$/.test(text) ? parseInt(`0${text}`, 8) : NaN;
}

/** Records `length key=value\n`, of which name and size matter. */
function parsePax(record: Uint8Array): { name?: string; bytes?: number } {
  const found: { name?: string; bytes?: number } = {};
  for (let at = 0; at < record.length;) {
    const blank = record.indexOf(0x20, at);
    const length = Number(textOf(record.subarray(at, blank < 0 ? at : blank)));
    if (!Number.isSafeInteger(length) || length < 5 || at + length > record.length) break;
    const [, key, value] = /^\d+ ([^=]+)=([^]*)\n$/.exec(
      new TextDecoder().decode(record.subarray(at, at + length)),
    ) ?? [];
    if (key === "path") found.name = value!;
    if (key === "size" && /^\d{1,15}$/.test(value!)) found.bytes = Number(value);
    at += length;
  }
  return found;
}

function textOf(field: Uint8Array): string {
  const end = field.indexOf(0);
  return new TextDecoder().decode(end < 0 ? field : field.subarray(0, end));
}

/** Bytes of a stream, as many as are asked for. */
class Input {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #chunk: Uint8Array = new Uint8Array(0);

  constructor(chunks: AsyncIterable<Uint8Array>, readonly file: string) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** The next bytes, at least one and at most `most`. */
  async takeSome(most: number): Promise<Uint8Array> {
    while (this.#chunk.length === 0) {
      const { done, value } = await this.#chunks.next();
      if (done === true) throw refusal(this.file, "it ends within an entry");
      this.#chunk = value;
    }
    const part = this.#chunk.subarray(0, most);
    this.#chunk = this.#chunk.subarray(part.length);
    return part;
  }

  /** So many bytes; with `mayEnd`, `undefined` where none is left. */
  async take(
    length: number,
    { mayEnd = false }: { readonly mayEnd?: boolean } = {},
  ): Promise<Uint8Array | undefined> {
    if (mayEnd && await this.#isAtEnd()) return undefined;
    const bytes = new Uint8Array(length);
    for (let done = 0; done < length;) {
      const part = await this.takeSome(length - done);
      bytes.set(part, done);
      done += part.length;
    }
    return bytes;
  }

  /** Passes over so many bytes. */
  async skip(length: number): Promise<void> {
    for (let left = length; left > 0;) left -= (await this.takeSome(left)).length;
  }

  /** Lets go of the stream. */
  async close(): Promise<void> {
    await this.#chunks.return?.();
  }

  async #isAtEnd(): Promise<boolean> {
    while (this.#chunk.length === 0) {
      const { done, value } = await this.#chunks.next();
      if (done === true) return true;
      this.#chunk = value;
    }
    return false;
  }
}

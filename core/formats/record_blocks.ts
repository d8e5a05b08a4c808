/**
 * Files of text in blocks of whole records: what is larger than the memory is read one block after
 * the other, and any block again by where it begins.
 *
 * @module
 */
import { DataError } from "../errors.ts";
import { formatAmount } from "../format.ts";
import { openBytes } from "./read_bytes.ts";

/** A stretch of a file that begins and ends with records. */
export interface RecordBlock {
  /** Its first byte in the file. */
  readonly begin: number;
  /** The line that it begins with, from 1. */
  readonly line: number;
  /** Its bytes. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** How a file is cut. */
export interface RecordBlockOptions {
  /** Whether records may span lines, between quotes as in CSV. Default false. */
  readonly quoted?: boolean;
  /** Bytes of a block, unless one record is longer. Default 1 MiB. */
  readonly blockBytes?: number;
}

/** No record is as long: a file without line ends is not read whole. */
const maxRecordBytes = 64 << 20;
const newline = 0x0a;
const carriageReturn = 0x0d;
const quote = 0x22;

/** A file of records. */
export interface RecordFile extends Disposable {
  /** The path by which messages name it. */
  readonly file: string;
  /** Reads the file from its beginning, block by block. */
  blocks(): AsyncGenerator<RecordBlock>;
  /** Reads bytes `begin` to `end - 1` again. */
  read(begin: number, end: number): Promise<Uint8Array<ArrayBuffer>>;
}

/**
 * Opens a file of records, each ended by a line feed.
 *
 * @throws {DataError} When the file is not there, or, as it is read, a record is longer than 64 MiB, or
 * carriage returns alone end its lines.
 */
export async function openRecords(
  path: string | URL,
  { quoted = false, blockBytes = 1 << 20 }: RecordBlockOptions = {},
): Promise<RecordFile> {
  const opened = await openBytes(path);
  const { file, size } = opened;
  async function* blocks(): AsyncGenerator<RecordBlock> {
    let rest = new Uint8Array(0);
    let begin = 0;
    let line = 1;
    const cut = new RecordEnds(quoted);
    for (let at = 0; at < size;) {
      const length = Math.min(Math.max(blockBytes, Math.min(rest.length, 8 << 20)), size - at);
      const chunk = await opened.read(at, length);
      at += length;
      const end = at === size ? length : cut.last(chunk);
      const firstEnd = chunk.indexOf(newline);
      if (rest.length + (end > 0 && firstEnd >= 0 ? firstEnd : length) > maxRecordBytes) {
        throw new DataError(
          `Cannot read a record of more than ${formatAmount(maxRecordBytes, "byte")}`,
          {
            file,
            row: line,
            hint: quoted
              ? "a quote is not closed, or the file has no line ends"
              : "the file has no line ends: is it another format?",
          },
        );
      }
      if (end === 0) {
        rest = join(rest, chunk);
        continue;
      }
      const bytes = join(rest, chunk.subarray(0, end));
      if (begin === 0) requireLineFeeds(bytes, file);
      rest = chunk.slice(end);
      yield { begin, line, bytes };
      begin += bytes.length;
      line += countLines(bytes);
    }
  }
  return {
    file,
    blocks,
    read: (begin, end) => opened.read(begin, end - begin),
    [Symbol.dispose]: () => opened[Symbol.dispose](),
  };
}

/** A file without any line feed, and with carriage returns before its end, is of more than one line. */
function requireLineFeeds(bytes: Uint8Array, file: string): void {
  const first = bytes.indexOf(carriageReturn);
  if (first < 0 || first >= bytes.length - 1 || bytes.includes(newline)) return;
  throw new DataError("Cannot read the file: its lines end in carriage returns (CR) alone", {
    file,
    hint: "save it with line feeds (LF): tr '\\r' '\\n' <old >new makes them of carriage returns",
  });
}

/** Finds where records end, from chunk to chunk of a file. */
class RecordEnds {
  readonly #quoted: boolean;
  #isInside = false;

  constructor(quoted: boolean) {
    this.#quoted = quoted;
  }

  /** Where the last record that ends in the chunk does; 0 where none does. */
  last(chunk: Uint8Array): number {
    if (!this.#quoted) return chunk.lastIndexOf(newline) + 1;
    let end = 0;
    let at = 0;
    // from quote to quote, which are found faster than each byte is looked at
    for (;;) {
      const next = chunk.indexOf(quote, at);
      const until = next < 0 ? chunk.length : next;
      if (!this.#isInside) {
        const last = until === at ? -1 : chunk.subarray(at, until).lastIndexOf(newline);
        if (last >= 0) end = at + last + 1;
      }
      if (next < 0) return end;
      this.#isInside = !this.#isInside;
      at = next + 1;
    }
  }
}

function countLines(bytes: Uint8Array): number {
  let lines = 0;
  for (let at = bytes.indexOf(newline); at >= 0; at = bytes.indexOf(newline, at + 1)) lines++;
  return lines;
}

function join(a: Uint8Array<ArrayBuffer>, b: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  if (a.length === 0) return b;
  const joined = new Uint8Array(a.length + b.length);
  joined.set(a);
  joined.set(b, a.length);
  return joined;
}

/**
 * The text of a block, without a byte-order mark at the file's beginning.
 *
 * @param format Name of the file's format, for the message.
 * @throws {DataError} At the first line that is not UTF-8.
 */
export function textOfBlock(
  { begin, line, bytes }: RecordBlock,
  { file, format }: { readonly file: string; readonly format: string },
): string {
  const isMarked = begin === 0 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
      .decode(isMarked ? bytes.subarray(3) : bytes);
  } catch (cause) {
    throw new DataError(`Cannot read the ${format} file: it is not text in UTF-8`, {
      file,
      row: line + linesBeforeInvalid(bytes),
      cause,
      hint: "save it as UTF-8",
    });
  }
}

/** Complete lines of UTF-8 before the first that is not. */
function linesBeforeInvalid(bytes: Uint8Array): number {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  for (let lines = 0, begin = 0;; lines++) {
    const end = bytes.indexOf(newline, begin) + 1;
    if (end === 0) return lines;
    try {
      decoder.decode(bytes.subarray(begin, end));
    } catch {
      return lines;
    }
    begin = end;
  }
}

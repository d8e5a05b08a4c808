/**
 * Reading single entries of a ZIP archive, as NumPy's NPZ files are: stored or deflated, ZIP64 as
 * well. The directory at the end of the file is trusted in nothing: every place and size is checked
 * against the file, and no entry may hold more than it says.
 *
 * Source: APPNOTE.TXT of PKWARE, version 6.3, sections 4.3 to 4.5.
 *
 * @module
 */
import { DataError } from "../errors.ts";
import { formatAmount, formatCount } from "../format.ts";
import { maxDeflateRatio, openBytes, type OpenedBytes } from "./read_bytes.ts";

/** An archive whose directory has been read. */
export interface ZipFile extends Disposable {
  /** The path by which messages name it. */
  readonly file: string;
  /** The entries, by name. */
  readonly entries: ReadonlyMap<string, ZipEntry>;
  /**
   * Reads an entry whole; its CRC-32 is checked.
   *
   * @throws {DataError} When the entry is damaged, encrypted, or compressed by something else than deflate.
   */
  read(entry: ZipEntry): Promise<Uint8Array<ArrayBuffer>>;
}

/** One file in an archive. */
export interface ZipEntry {
  /** Its name, with folders. */
  readonly name: string;
  /** 0: stored, 8: deflated; else none that is read. */
  readonly method: number;
  /** Whether it can only be read with a password. */
  readonly isEncrypted: boolean;
  /** Checksum of what it holds. */
  readonly crc32: number;
  /** Bytes that it takes in the archive. */
  readonly compressedBytes: number;
  /** Bytes that it holds. */
  readonly bytes: number;
  /** Where its local header begins. */
  readonly headerBegin: number;
}

const endBytes = 22;
const maxCommentBytes = 65535;
const maxDirectoryBytes = 1 << 26;
const damaged = "the archive is damaged or not complete: get it again";

/**
 * Opens a ZIP archive and reads its directory.
 *
 * @throws {DataError} When the file is missing, or no archive.
 */
export async function openZip(path: string | URL): Promise<ZipFile> {
  const opened = await openBytes(path);
  try {
    const entries = await readDirectory(opened);
    return {
      file: opened.file,
      entries,
      read: (entry) => readEntry(opened, entry),
      [Symbol.dispose]: () => opened[Symbol.dispose](),
    };
  } catch (error) {
    opened[Symbol.dispose]();
    throw error;
  }
}

function refusal(file: string, what: string, hint = damaged): DataError {
  return new DataError(`Cannot read the ZIP archive: ${what}`, { file, hint });
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

async function readDirectory(opened: OpenedBytes): Promise<ReadonlyMap<string, ZipEntry>> {
  const { file, size } = opened;
  const tailBegin = Math.max(0, size - endBytes - maxCommentBytes);
  const tail = await opened.read(tailBegin, size - tailBegin);
  const view = viewOf(tail);
  let end = tail.length - endBytes;
  while (end >= 0 && view.getUint32(end, true) !== 0x06054b50) end--;
  if (end < 0) {
    throw refusal(file, "it has no directory at its end", "name a whole ZIP or NPZ file");
  }
  let count = view.getUint16(end + 10, true);
  let bytes = view.getUint32(end + 12, true);
  let begin = view.getUint32(end + 16, true);
  const locator = end - 20;
  if (locator >= 0 && view.getUint32(locator, true) === 0x07064b50) {
    const at = Number(view.getBigUint64(locator + 8, true));
    if (at + 56 > size) throw refusal(file, "its ZIP64 record lies beyond its end");
    const record = viewOf(await opened.read(at, 56));
    if (record.getUint32(0, true) !== 0x06064b50) throw refusal(file, "its ZIP64 record is none");
    count = Number(record.getBigUint64(32, true));
    bytes = Number(record.getBigUint64(40, true));
    begin = Number(record.getBigUint64(48, true));
  }
  if (begin + bytes > size || bytes > maxDirectoryBytes || count * 46 > bytes) {
    throw refusal(
      file,
      `its directory of ${formatCount(count)} entries claims ${
        formatAmount(bytes, "byte")
      } from ${begin} on, the file has ${formatCount(size)}`,
    );
  }
  return parseDirectory(await opened.read(begin, bytes), { file, count, fileBytes: size });
}

function parseDirectory(
  bytes: Uint8Array,
  { file, count, fileBytes }: {
    readonly file: string;
    readonly count: number;
    readonly fileBytes: number;
  },
): ReadonlyMap<string, ZipEntry> {
  const view = viewOf(bytes);
  const entries = new Map<string, ZipEntry>();
  let at = 0;
  for (let i = 0; i < count; i++) {
    if (at + 46 > bytes.length || view.getUint32(at, true) !== 0x02014b50) {
      throw refusal(file, `entry ${i + 1} of its directory is none`);
    }
    const nameBytes = view.getUint16(at + 28, true);
    const extraBytes = view.getUint16(at + 30, true);
    const nameBegin = at + 46;
    const next = nameBegin + nameBytes + extraBytes + view.getUint16(at + 32, true);
    if (next > bytes.length) throw refusal(file, `entry ${i + 1} of its directory is cut off`);
    const name = new TextDecoder().decode(bytes.subarray(nameBegin, nameBegin + nameBytes));
    const sizes = { bytes: view.getUint32(at + 24, true), compressedBytes: 0, headerBegin: 0 };
    sizes.compressedBytes = view.getUint32(at + 20, true);
    sizes.headerBegin = view.getUint32(at + 42, true);
    const extra = bytes.subarray(nameBegin + nameBytes, nameBegin + nameBytes + extraBytes);
    readZip64(extra, sizes);
    const method = view.getUint16(at + 10, true);
    if (
      sizes.headerBegin + 30 > fileBytes || sizes.compressedBytes > fileBytes ||
      sizes.bytes > sizes.compressedBytes * (method === 0 ? 1 : maxDeflateRatio)
    ) {
      throw refusal(
        file,
        `"${name}" claims ${formatAmount(sizes.bytes, "byte")} out of ${
          formatCount(sizes.compressedBytes)
        } from ${sizes.headerBegin} on, the file has ${formatCount(fileBytes)}`,
      );
    }
    entries.set(name, {
      name,
      method,
      isEncrypted: (view.getUint16(at + 8, true) & 1) === 1,
      crc32: view.getUint32(at + 16, true),
      ...sizes,
    });
    at = next;
  }
  return entries;
}

/** Sizes that do not fit into 32 bits stand in an extra field, in this order, where they are needed. */
function readZip64(
  extra: Uint8Array,
  sizes: { bytes: number; compressedBytes: number; headerBegin: number },
): void {
  const view = viewOf(extra);
  for (let at = 0; at + 4 <= extra.length;) {
    const length = view.getUint16(at + 2, true);
    let next = at + 4;
    const end = next + length;
    if (view.getUint16(at, true) === 1 && end <= extra.length) {
      for (const field of ["bytes", "compressedBytes", "headerBegin"] as const) {
        if (sizes[field] !== 0xffffffff || next + 8 > end) continue;
        sizes[field] = Number(view.getBigUint64(next, true));
        next += 8;
      }
    }
    at = end;
  }
}

async function readEntry(
  opened: OpenedBytes,
  { name, method, isEncrypted, crc32: wanted, compressedBytes, bytes, headerBegin }: ZipEntry,
): Promise<Uint8Array<ArrayBuffer>> {
  const { file, size } = opened;
  if (isEncrypted || (method !== 0 && method !== 8)) {
    throw refusal(
      file,
      `"${name}" is ${isEncrypted ? "encrypted" : `compressed by method ${method}`}`,
      "write the archive anew, as numpy.savez_compressed does",
    );
  }
  const header = viewOf(await opened.read(headerBegin, 30));
  const begin = headerBegin + 30 + header.getUint16(26, true) + header.getUint16(28, true);
  if (header.getUint32(0, true) !== 0x04034b50 || begin + compressedBytes > size) {
    throw refusal(file, `"${name}" is not where the directory says`);
  }
  const stored = await opened.read(begin, compressedBytes);
  const data = method === 0 ? stored : await inflate(stored, { file, name, bytes });
  if (data.length !== bytes) {
    throw refusal(
      file,
      `"${name}" has ${formatAmount(data.length, "byte")}, its directory says ${bytes}`,
    );
  }
  if (crc32(data) !== wanted) throw refusal(file, `"${name}" does not have its checksum`);
  return data;
}

async function inflate(
  compressed: Uint8Array<ArrayBuffer>,
  { file, name, bytes }: { readonly file: string; readonly name: string; readonly bytes: number },
): Promise<Uint8Array<ArrayBuffer>> {
  const output = new Uint8Array(bytes);
  let length = 0;
  try {
    const stream = new Blob([compressed]).stream()
      .pipeThrough(new DecompressionStream("deflate-raw"));
    for await (const chunk of stream) {
      if (length + chunk.length > bytes) {
        throw refusal(file, `"${name}" holds more than the ${bytes} bytes of its directory`);
      }
      output.set(chunk, length);
      length += chunk.length;
    }
  } catch (cause) {
    if (cause instanceof DataError) throw cause;
    throw new DataError(`Cannot read the ZIP archive: the data of "${name}" is damaged`, {
      file,
      hint: damaged,
      cause,
    });
  }
  return output.subarray(0, length);
}

let table: Uint32Array | undefined;

/** The CRC-32 of ZIP, gzip and PNG. */
export function crc32(bytes: Uint8Array): number {
  table ??= Uint32Array.from({ length: 256 }, (_, byte) => {
    let value = byte;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
    return value;
  });
  let value = -1;
  for (let i = 0; i < bytes.length; i++) {
    value = table[(value ^ bytes[i]!) & 0xff]! ^ (value >>> 8);
  }
  return ~value >>> 0;
}

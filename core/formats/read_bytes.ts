/**
 * Reading files of binary data whole, with the errors of a loader.
 *
 * @module
 */
import { DataError } from "../errors.ts";
import { formatAmount, formatCount } from "../format.ts";
import { fileError } from "./file_error.ts";

/** A file's bytes, and its path as messages name it. */
export interface FileBytes {
  /** All of the file. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The path by which messages name it. */
  readonly file: string;
}

/** A file of which parts are read. */
export interface OpenedBytes extends Disposable {
  /** The path by which messages name it. */
  readonly file: string;
  /** Bytes in the file. */
  readonly size: number;
  /** Reads `length` bytes from `at` on; one part at a time. */
  read(at: number, length: number): Promise<Uint8Array<ArrayBuffer>>;
}

/**
 * Reads a file whole, into no more memory than it is long.
 *
 * @throws {DataError} When it is not there or cannot be read.
 */
export async function readBytes(path: string | URL): Promise<FileBytes> {
  const file = fileName(path);
  using handle = await orFileError(file, Deno.open(path));
  return { bytes: await orFileError(file, readAll(handle)), file };
}

/**
 * Reads a small file, in the fortieth part of the time that `readBytes` takes: for Workers, and whoever has
 * nothing else to do meanwhile.
 *
 * @throws {DataError} When it cannot be read.
 */
export function readBytesNow(path: string | URL): FileBytes {
  const file = fileName(path);
  try {
    return { bytes: Deno.readFileSync(path), file };
  } catch (error) {
    throw fileError("read", file, error);
  }
}

/**
 * Reads the first bytes of a file, as `readBytesNow` reads all of a small one.
 *
 * @throws {DataError} When it cannot be read.
 */
export function readHeadNow(
  path: string | URL,
  mostBytes: number,
): FileBytes & { /** Whether that is all of the file. */ readonly isWhole: boolean } {
  const file = fileName(path);
  try {
    using handle = Deno.openSync(path);
    const { size } = handle.statSync();
    const bytes = new Uint8Array(Math.min(size, mostBytes));
    let length = 0;
    while (length < bytes.length) {
      const count = handle.readSync(bytes.subarray(length));
      if (count === null || count === 0) break;
      length += count;
    }
    return { bytes: bytes.subarray(0, length), file, isWhole: size <= mostBytes };
  } catch (error) {
    throw fileError("read", file, error);
  }
}

/**
 * Opens a file to read parts of it. What is no file on a disk, as a pipe, is read whole at once.
 *
 * @throws {DataError} When it is not there or cannot be read, or, as a part is read, has become shorter.
 */
export async function openBytes(path: string | URL): Promise<OpenedBytes> {
  const file = fileName(path);
  const handle = await orFileError(file, Deno.open(path));
  const { isFile, size } = await orFileError(file, handle.stat());
  if (!isFile) {
    using _ = handle;
    const bytes = await orFileError(file, readAll(handle));
    return {
      file,
      size: bytes.length,
      read: (at, length) => Promise.resolve(bytes.subarray(at, at + length)),
      [Symbol.dispose]() {},
    };
  }
  return {
    file,
    size,
    read: (at, length) => orFileError(file, readPart(handle, { at, length })),
    [Symbol.dispose]: () => handle[Symbol.dispose](),
  };
}

async function readPart(
  handle: Deno.FsFile,
  { at, length }: { readonly at: number; readonly length: number },
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(length);
  await handle.seek(at, Deno.SeekMode.Start);
  for (let done = 0; done < length;) {
    const count = await handle.read(bytes.subarray(done));
    if (count === null || count === 0) throw new Error("it has become shorter while it was read");
    done += count;
  }
  return bytes;
}

async function orFileError<T>(file: string, result: Promise<T>): Promise<T> {
  try {
    return await result;
  } catch (error) {
    throw fileError("read", file, error);
  }
}

/** Reads into memory of the file's own size: `Deno.readFile` holds a file twice for a moment. */
async function readAll(handle: Deno.FsFile): Promise<Uint8Array<ArrayBuffer>> {
  let bytes = new Uint8Array((await handle.stat()).size);
  const beyond = new Uint8Array(65536);
  let length = 0;
  for (;;) {
    const isFull = length === bytes.length;
    const count = await handle.read(isFull ? beyond : bytes.subarray(length));
    if (count === null || count === 0) return bytes.subarray(0, length);
    if (isFull) {
      // a pipe, whose size nobody knows, or a file that grew
      const grown = new Uint8Array(Math.max(2 * length, length + count));
      grown.set(bytes);
      grown.set(beyond.subarray(0, count), length);
      bytes = grown;
    }
    length += count;
  }
}

/**
 * The path by which messages name a file.
 *
 * @throws {DataError} When a URL is not one of a file.
 */
export function fileName(path: string | URL): string {
  if (typeof path === "string") return path;
  if (path.protocol !== "file:") {
    throw new DataError(`Cannot read data from "${path.protocol}"`, {
      file: path.href,
      hint: "download the file and name its path",
    });
  }
  const name = decodeURIComponent(path.pathname.replaceAll(/%(?![\da-f]{2})/gi, "%25"));
  return Deno.build.os === "windows"
    ? name.replace(/^\/(?=[a-z]:)/i, "").replaceAll("/", "\\")
    : name;
}

/** Tells whether bytes are compressed by gzip. */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/** Deflate makes data at most this many times smaller. */
export const maxDeflateRatio = 1032;

/**
 * Decompresses gzip data whose own header says how long it is, so that a small file cannot fill the
 * memory: no more than that is ever held.
 *
 * @param options.headerBytes Most bytes that `sizeOf` needs.
 * @param options.sizeOf The whole size, by the first bytes; it throws when they are not a header.
 * @throws {DataError} When the data is damaged, or not as long as it says.
 */
export async function gunzip(
  bytes: Uint8Array<ArrayBuffer>,
  { file, headerBytes, sizeOf }: {
    readonly file: string;
    readonly headerBytes: number;
    readonly sizeOf: (head: Uint8Array) => number;
  },
): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  let head = new Uint8Array(0);
  let output: Uint8Array<ArrayBuffer> | undefined;
  let length = 0;
  const start = () => {
    const size = sizeOf(head);
    if (size > bytes.length * maxDeflateRatio) {
      throw new DataError(
        `Cannot decompress the file: its header claims ${formatAmount(size, "byte")}, more than ` +
          `${formatCount(bytes.length)} compressed ones can hold`,
        { file, hint: "the file is damaged: get it again" },
      );
    }
    output = new Uint8Array(size);
    append(head);
  };
  const append = (chunk: Uint8Array) => {
    if (output === undefined) {
      head = concatenate(head, chunk);
      if (head.length >= headerBytes) start();
    } else if (length + chunk.length > output.length) {
      throw new DataError(
        `Cannot decompress the file: it holds more than the ${
          formatAmount(output.length, "byte")
        } of its header`,
        { file, hint: "the file is damaged or of another format: get it again" },
      );
    } else {
      output.set(chunk, length);
      length += chunk.length;
    }
  };
  try {
    for await (const chunk of stream) append(chunk);
  } catch (error) {
    if (error instanceof DataError) throw error;
    throw new DataError("Cannot decompress the file: its gzip data is damaged or not complete", {
      file,
      hint: "get the file again",
      cause: error,
    });
  }
  if (output === undefined) start();
  return output!.subarray(0, length);
}

function concatenate(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

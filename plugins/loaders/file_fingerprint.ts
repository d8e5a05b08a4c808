/**
 * What tells files from others that have been changed meanwhile: a hash of their names, sizes and bytes,
 * wherever they lie.
 *
 * @module
 */
import { fileError, Sha256 } from "../../core/mod.ts";

/** Files that together are no larger are read whole. */
const wholeBytes = 256 * 1024 * 1024;
/** Of larger ones, blocks of so many bytes are read. */
const blockBytes = 4096;
/** The first, one in the middle, and the last: at least so many. */
const leastBlocks = 3;

/** A file to be told from others. */
export interface NamedFile {
  /** The name that it is known by: a change of it is one of the data. */
  readonly name: string;
  /** Where it is. */
  readonly path: string | URL;
}

/**
 * Hashes files. Those that take no more than 256 MiB together are read whole: 1,000 images of 128 by 128
 * pixels took 33 ms in PNG and 16 ms in JPEG, which was a 38th and a 180th of what decoding them took. Of more, every file is read in blocks of 4 KiB that are spread evenly over it, its first and last bytes among
 * them, 256 MiB in all or three blocks a file: a change between blocks that leaves the size as it was goes
 * unnoticed. What is compressed, as PNG and JPEG are, seldom has such changes.
 *
 * @throws {DataError} When a file cannot be read any more.
 */
export function filesFingerprint(
  files: readonly NamedFile[],
  { wholeBytes: most = wholeBytes }: { readonly wholeBytes?: number } = {},
): string {
  const hash = new Sha256();
  const sizes = files.map((file) => told(file, () => Deno.statSync(file.path).size));
  const isWhole = sizes.reduce((sum, size) => sum + size, 0) <= most;
  const share = isWhole
    ? Infinity
    : Math.max(leastBlocks * blockBytes, Math.floor(most / files.length));
  const buffer = new Uint8Array(1 << 20);
  files.forEach((file, i) => {
    const size = sizes[i]!;
    hash.update(`${JSON.stringify(file.name)} ${size}\n`);
    told(file, () => {
      using opened = Deno.openSync(file.path);
      for (const [at, length] of stretches(size, share)) {
        if (at > 0) opened.seekSync(at, Deno.SeekMode.Start);
        for (let left = length; left > 0;) {
          const count = opened.readSync(buffer.subarray(0, Math.min(left, buffer.length)));
          if (count === null || count === 0) break;
          hash.update(buffer.subarray(0, count));
          left -= count;
        }
      }
    });
  });
  return `files:${hash.hex()}`;
}

/** What is read of a file. */
function stretches(size: number, share: number): (readonly [at: number, length: number])[] {
  if (size <= share) return [[0, size]];
  const count = Math.floor(share / blockBytes);
  const last = size - blockBytes;
  return Array.from({ length: count }, (_, i) => [
    Math.floor(last * i / (count - 1)),
    blockBytes,
  ]);
}

function told<T>({ path }: NamedFile, run: () => T): T {
  try {
    return run();
  } catch (cause) {
    throw fileError("read", String(path), cause);
  }
}

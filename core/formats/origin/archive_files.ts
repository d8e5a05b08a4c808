/**
 * Files in archives: an archive is unpacked once, into the cache, and what was unpacked is kept.
 *
 * @module
 */
import { DataError, nearestName } from "../../errors.ts";
import { formatAmount, formatBytes, listShort } from "../../format.ts";
import { fileError } from "../file_error.ts";
import { isThere } from "../file_kind.ts";
import { sha256 } from "../sha256.ts";
import { readTar } from "../tar.ts";
import { openZip } from "../zip.ts";
import { cacheFolder, type Tell } from "./http_files.ts";
import { makeOnce } from "./made_once.ts";

/** How archives are called. */
const named = /\.(?:zip|tar|tar\.gz|tgz)$/i;
/** The end of an archive's name, and what stands between it and the name of a file inside. */
const inside = /^(.+\.(?:zip|tar|tar\.gz|tgz))(#[^!]*)?!\/(.+)$/i;

/** The end of the name of an archive that is compressed as none that is read. */
const unknown = /\.(?:tar\.(?:xz|bz2|zst|lz4)|txz|tbz2?|7z|rar)(?:#[^!]*)?!\//i;

/** Data that is compressed holds 3 to 30 times its bytes; what holds more than this is made to fill a disk. */
const mostRatio = 200;
/** What is unpacked of any archive, however small. */
const leastBytes = 1 << 30;

/** An archive, and a file in it. */
export interface ArchivedFile {
  /** Path or address of the archive, with its checksum. */
  readonly archive: string;
  /** Name of the file inside, with folders. */
  readonly entry: string;
}

/**
 * Takes `"data.zip!/folder/file.csv"` apart; `undefined` for a path of something else.
 *
 * @throws {DataError} When the archive is of a kind that is not read.
 */
export function archivedFile(path: string): ArchivedFile | undefined {
  if (unknown.test(path)) {
    throw new DataError("Cannot read the archive: expected .zip, .tar, .tar.gz or .tgz", {
      file: path,
      hint: "unpack it, and give the path of what it held, or pack that as one of these",
    });
  }
  const [, archive, fragment = "", entry] = inside.exec(path) ?? [];
  return archive === undefined ? undefined : { archive: archive + fragment, entry: entry! };
}

/**
 * Gives the path of a file, or folder, in an archive on this machine; unpacks the archive when that has
 * not been done: all of it, or nothing.
 *
 * @param options.folder Where it is kept. Default `.cache/millrace`.
 * @param options.shown The path or address of the archive as it was given, for messages.
 * @throws {DataError} When the archive is missing, damaged, or has no such file.
 */
export async function unpack(
  { archive, entry }: ArchivedFile,
  { folder = cacheFolder, tell, shown = archive }: {
    readonly folder?: string;
    readonly tell?: Tell | undefined;
    readonly shown?: string;
  } = {},
): Promise<string> {
  const { size, mtime } = await statOf(archive);
  const key = sha256([`${archive} ${size} ${mtime?.getTime() ?? 0}`]).slice(0, 16);
  const name = archive.split(/[/\\]/).at(-1)!;
  const target = `${folder}/${key}-${name}.files`;
  const inner = entry.replace(/\/+$/, "");
  const path = `${target}/${inner}`;
  await makeOnce(target, async () => {
    tell?.(`Unpacking ${name}`);
    await unpackInto(target, { archive, shown, wanted: inner, size });
  });
  // what was unpacked for another file may lack this one
  if (!await isThere(path)) throw noEntry(shown, inner, await archiveNames(archive));
  return path;
}

/** Whether a path is that of an archive, by its name. */
export function isArchive(path: string): boolean {
  return named.test(path);
}

/**
 * Lists the files of an archive, by their names with folders.
 *
 * @throws {DataError} When it is missing or damaged.
 */
export async function archiveNames(archive: string): Promise<readonly string[]> {
  const { size } = await statOf(archive);
  const names: string[] = [];
  try {
    for await (const { name } of filesOf(archive, size)) names.push(name.replace(/^\.\//, ""));
  } catch (cause) {
    throw archiveError(cause, archive, "read");
  }
  return names;
}

async function statOf(path: string): Promise<Deno.FileInfo> {
  try {
    return await Deno.stat(path);
  } catch (cause) {
    throw fileError("read", path, cause);
  }
}

async function unpackInto(
  target: string,
  { archive, shown, wanted, size }: {
    readonly archive: string;
    readonly shown: string;
    readonly wanted: string;
    readonly size: number;
  },
): Promise<void> {
  const part = `${target}.part`;
  const names: string[] = [];
  try {
    await removeFolder(part);
    await Deno.mkdir(part, { recursive: true });
    let left = Math.max(mostRatio * size, leastBytes);
    for await (const { name, bytes, content } of filesOf(archive, size)) {
      const entry = name.replace(/^\.\//, "");
      requireInside(entry, archive);
      left -= bytes;
      if (left < 0) throw tooMuch(archive, size);
      names.push(entry);
      const path = `${part}/${entry}`;
      await Deno.mkdir(parentOf(path), { recursive: true });
      using file = await Deno.open(path, { write: true, create: true, truncate: true });
      for await (const chunk of content) {
        for (let at = 0; at < chunk.length;) at += await file.write(chunk.subarray(at));
      }
    }
    if (!names.some((name) => name === wanted || name.startsWith(`${wanted}/`))) {
      throw noEntry(shown, wanted, names);
    }
    await Deno.rename(part, target);
  } catch (cause) {
    await removeFolder(part).catch(() => {});
    throw archiveError(cause, archive, "unpack");
  }
}

function archiveError(cause: unknown, archive: string, action: string): Error {
  if (cause instanceof DataError) return cause;
  // what decompresses fails with a TypeError
  return cause instanceof TypeError
    ? new DataError("Cannot read the archive: its compressed data is damaged", {
      file: archive,
      hint: "get the archive again",
      cause,
    })
    : fileError(action, archive, cause);
}

/** A file in an archive. */
interface UnpackedFile {
  readonly name: string;
  /** How many bytes it holds. */
  readonly bytes: number;
  /** What it holds, read as it is asked for. */
  readonly content: AsyncIterable<Uint8Array>;
}

/** The files of an archive, of no other kind of entry. */
async function* filesOf(archive: string, size: number): AsyncGenerator<UnpackedFile, void, void> {
  if (!/\.zip$/i.test(archive)) {
    for await (const entry of readTar(bytesOf(archive), archive)) if (entry.isFile) yield entry;
    return;
  }
  using zip = await openZip(archive);
  const entries = [...zip.entries.values()];
  // or a small archive could hold the same bytes a million times
  if (entries.reduce((sum, { compressedBytes }) => sum + compressedBytes, 0) > size) {
    throw new DataError("Cannot unpack the archive: its files take more bytes than it has", {
      file: archive,
      hint: "do not use this archive: its files lie over each other",
    });
  }
  for (const entry of entries) {
    const { name, bytes } = entry;
    if (name.endsWith("/")) continue;
    yield {
      name,
      bytes,
      content: (async function* () {
        yield await zip.read(entry);
      })(),
    };
  }
}

async function removeFolder(path: string): Promise<void> {
  try {
    await Deno.remove(path, { recursive: true });
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
  }
}

/** The bytes of a tar archive, decompressed where its name says that they are compressed. */
async function* bytesOf(archive: string): AsyncGenerator<Uint8Array, void, void> {
  const file = await Deno.open(archive);
  yield* /\.t?gz$/i.test(archive)
    ? file.readable.pipeThrough(new DecompressionStream("gzip"))
    : file.readable;
}

function tooMuch(archive: string, size: number): DataError {
  return new DataError(
    `Cannot unpack the archive: its ${formatBytes(size)} hold more than ${
      formatBytes(Math.max(mostRatio * size, leastBytes))
    }`,
    {
      file: archive,
      hint: "do not use this archive if you do not know it: it would fill the disk; " +
        "else unpack it, and give the path of what it held",
    },
  );
}

/** Archives may name places outside of the folder that they are unpacked into. */
function requireInside(entry: string, archive: string): void {
  const parts = entry.split(/[/\\]/);
  if (
    !parts.some((part) => part === "" || part === "." || part === "..") &&
    !/^[a-z]:|\0/i.test(entry)
  ) {
    return;
  }
  throw new DataError(
    `Cannot unpack ${JSON.stringify(entry)}: expected a name within the archive's own folder`,
    { file: archive, hint: "do not use this archive: it would write to places of its own choice" },
  );
}

function noEntry(archive: string, entry: string, names: readonly string[]): DataError {
  const nearest = nearestName(entry, names);
  return new DataError(`Cannot find "${entry}" in the archive`, {
    file: archive,
    hint: nearest === undefined
      ? `it has ${formatAmount(names.length, "file")}: ${listShort(names.slice(0, 100))}`
      : `did you mean "${nearest}"?`,
  });
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}

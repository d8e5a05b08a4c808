/**
 * What stands at a path.
 *
 * @module
 */
import { fileError } from "./file_error.ts";
import { fileName } from "./read_bytes.ts";

/**
 * Whether a path is that of a folder.
 *
 * @param shown The path by which the message names it.
 * @throws {DataError} When nothing is there, or it may not be looked at.
 */
export async function isFolder(path: string | URL, shown?: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isDirectory;
  } catch (cause) {
    throw fileError("read", shown ?? fileName(path), cause);
  }
}

/**
 * Whether something is at a path.
 *
 * @throws {DataError} When that cannot be told.
 */
export async function isThere(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (cause) {
    // the path may go through a file: nothing is there either
    if (cause instanceof Deno.errors.NotFound || cause instanceof Deno.errors.NotADirectory) {
      return false;
    }
    throw fileError("read", path, cause);
  }
}

/**
 * What a folder holds, in the order of names; a link is what it leads to, if anything.
 *
 * @throws What the file system throws, where the folder cannot be read.
 */
export async function folderEntries(folder: string): Promise<Deno.DirEntry[]> {
  const found = await Array.fromAsync(Deno.readDir(folder));
  const entries = await Promise.all(found.map(async (entry) => {
    if (!entry.isSymlink) return entry;
    try {
      const { isFile, isDirectory } = await Deno.stat(`${folder}/${entry.name}`);
      return { ...entry, isFile, isDirectory };
    } catch {
      // reading it tells what is wrong
      return entry;
    }
  }));
  return entries.sort((a, b) => a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
}

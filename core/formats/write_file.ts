/**
 * Writing a file so that it is there whole or not at all: what checkpoints and models are saved with.
 *
 * @module
 */
import { fileError } from "./file_error.ts";

/**
 * Writes a file in one step: a temporary file in the same folder is written, flushed to the disk and
 * renamed over the name. A crash at any moment leaves the old file or the new one. On failure the
 * temporary file is removed.
 *
 * @throws {DataError} When the file cannot be written: no such folder, no permission, a full disk.
 */
export async function writeFileAtomic(path: string, bytes: Uint8Array): Promise<void> {
  const slash = Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\"));
  const folder = path.slice(0, slash + 1);
  const temporary = `${folder}.${path.slice(slash + 1)}.${crypto.randomUUID().slice(0, 8)}.tmp`;
  try {
    using file = await Deno.open(temporary, { write: true, createNew: true });
    for (let written = 0; written < bytes.length;) {
      written += await file.write(bytes.subarray(written));
    }
    await file.sync();
  } catch (error) {
    await removeQuietly(temporary);
    throw fileError("write", path, error);
  }
  try {
    await Deno.rename(temporary, path);
  } catch (error) {
    await removeQuietly(temporary);
    throw fileError("write", path, error);
  }
  await syncFolder(folder === "" ? "." : folder);
}

async function removeQuietly(path: string): Promise<void> {
  try {
    await Deno.remove(path);
  } catch {
    // It was never made, or the disk is gone: the first error says what is wrong.
  }
}

/** Makes the rename last through a power cut, where the system lets folders be opened. */
async function syncFolder(folder: string): Promise<void> {
  try {
    using handle = await Deno.open(folder);
    await handle.sync();
  } catch {
    // Windows opens no folders, and some file systems flush none.
  }
}

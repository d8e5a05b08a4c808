/**
 * Making a file or folder of the cache once, however many ask for it at a time: runs that are started side by
 * side, or stages of one run.
 *
 * @module
 */
import { fileError } from "../file_error.ts";
import { isThere } from "../file_kind.ts";

/**
 * Makes what is not there. Who comes second waits until it is made, or makes it where that failed.
 *
 * @param path Path of what is made, which is there whole or not at all.
 * @param make Makes it.
 */
export async function makeOnce(path: string, make: () => Promise<void>): Promise<void> {
  if (await isThere(path)) return;
  const lockPath = `${path}.lock`;
  using lock = await locked(lockPath);
  if (!await isThere(path)) {
    try {
      await make();
    } finally {
      await remove(lockPath);
    }
  } else await remove(lockPath);
  await lock.unlock();
}

/** The lock file, held: the one that is still there, since who held it before has removed it. */
async function locked(path: string): Promise<Deno.FsFile> {
  try {
    await Deno.mkdir(path.replace(/[/\\][^/\\]*$/, ""), { recursive: true });
    for (;;) {
      const file = await Deno.open(path, { write: true, create: true });
      await file.lock(true);
      const [held, there] = [await file.stat(), await Deno.stat(path).catch(() => undefined)];
      if (held.ino === there?.ino) return file;
      file.close();
    }
  } catch (cause) {
    throw fileError("write", path.replace(/[/\\][^/\\]*$/, ""), cause);
  }
}

async function remove(path: string): Promise<void> {
  // Windows removes no file that is open: it is then left, empty
  await Deno.remove(path).catch(() => {});
}

/**
 * Files that are a record each: one, or all in a folder.
 *
 * @module
 */
import { DataError } from "../errors.ts";
import { formatAmount } from "../format.ts";
import { fileError } from "../formats/mod.ts";
import type { FileReader } from "../execute/mod.ts";
import type { Input } from "./records.ts";

/**
 * The files of an input, where they are what a reader reads: the file itself, or those in a folder and
 * in its folders, in the order of their names; `undefined` for any other input.
 *
 * @throws {DataError} When the folder has no such file, or cannot be read.
 */
export async function recordFiles(
  inputs: readonly Input[],
  { reader, limit = Infinity, mostFiles = 1 << 20 }: {
    readonly reader: FileReader | undefined;
    readonly limit?: number;
    /** More files are refused: they are read at once. */
    readonly mostFiles?: number;
  },
): Promise<readonly string[] | undefined> {
  const [input, ...others] = inputs;
  if (reader === undefined || input === undefined || others.length > 0) return undefined;
  const { file } = input;
  const isWanted = (name: string) =>
    reader.extensions.some((end) => name.toLowerCase().endsWith(end));
  if (!await isFolder(file)) return isWanted(file) ? [file] : undefined;
  const files: string[] = [];
  for await (const path of filesIn(file)) {
    if (files.length === limit) break;
    if (!isWanted(path)) continue;
    files.push(path);
    if (files.length > mostFiles) {
      throw new DataError(
        `Cannot predict from more than ${formatAmount(mostFiles, "file")} at once`,
        {
          file,
          hint: "name a folder within, or take fewer with --limit",
        },
      );
    }
  }
  if (files.length === 0) {
    throw new DataError(
      `Cannot find any file of ${reader.extensions.join(", ")} in the folder`,
      { file, hint: "name a folder with some, or a file" },
    );
  }
  return files;
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isDirectory;
  } catch {
    // reading it tells why
    return false;
  }
}

/** The files in a folder and in its folders, in the order of their names. */
async function* filesIn(folder: string): AsyncGenerator<string> {
  const base = folder.replace(/[/\\]+$/, "");
  let entries: Deno.DirEntry[];
  try {
    entries = await Array.fromAsync(Deno.readDir(folder));
  } catch (cause) {
    throw fileError("read", folder, cause);
  }
  for (const { name, isDirectory } of entries.sort((a, b) => a.name < b.name ? -1 : 1)) {
    if (name.startsWith(".")) continue;
    const path = `${base}/${name}`;
    if (isDirectory) yield* filesIn(path);
    else yield path;
  }
}

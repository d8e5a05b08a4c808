/**
 * Files in folders that are named for their classes.
 *
 * @module
 */
import { DataError, fileError, folderEntries, formatAmount, nearestName } from "../../core/mod.ts";

/** Files, and the class of each. */
export interface ClassFiles {
  /** Paths, those of a class in the order of their names. */
  readonly files: readonly string[];
  /** The number of each file's class; all 0 where there are no classes. */
  readonly classes: Int32Array;
}

/**
 * Lists the files of a folder that has a folder for each class; without classes, those in it.
 *
 * @param options.named Whether folders are named for classes exactly, which all are that hold files; or by a word, as
 * `easy-ham-1` is for `ham`, and others are passed over.
 * @param options.extensions Ends of names that are taken, in lower case, with the dot.
 * @param options.limit How many files are wanted: where there are more, the classes take turns.
 * @param options.spare Whether those beyond the limit are given too, for the case that some cannot be used.
 * @param options.origin How the folder is made or got, for the error where it is missing.
 * @throws {DataError} When a folder of a class is missing, there is one of no class, or no file.
 */
export async function classFiles(
  folder: string,
  {
    classes,
    named = "exactly",
    extensions,
    limit = Infinity,
    spare = false,
    origin,
    mostFiles = 1 << 26,
  }: {
    readonly classes: readonly string[] | undefined;
    readonly named?: "exactly" | "by a word";
    readonly extensions: readonly string[];
    readonly limit?: number | undefined;
    readonly spare?: boolean;
    readonly origin?: string | undefined;
    /** More files are refused. */
    readonly mostFiles?: number;
  },
): Promise<ClassFiles> {
  const files: string[] = [];
  const numbers: number[] = [];
  const isWanted = ({ name, isDirectory }: Deno.DirEntry) =>
    !isDirectory && !name.startsWith(".") &&
    extensions.some((end) => name.toLowerCase().endsWith(end));
  const take = (path: string, entries: readonly Deno.DirEntry[], number: number) => {
    for (const { name } of entries.filter(isWanted)) {
      files.push(`${path}/${name}`);
      numbers.push(number);
    }
  };
  const entries = await entriesOf(folder, origin);
  if (classes === undefined) take(folder, entries, 0);
  else {
    const folders = entries.filter((entry) => entry.isDirectory && !entry.name.startsWith("."));
    const names = folders.map(({ name }) => name);
    for (const name of names) {
      if (named === "by a word" || classes.includes(name)) continue;
      // what holds no file has no row that would be lost
      if (!(await entriesOf(`${folder}/${name}`)).some(isWanted)) continue;
      const near = nearestName(name, classes);
      throw new DataError(`Cannot use the folder "${name}": it is none of the classes`, {
        file: folder,
        hint: near === undefined ? "add it to the classes, or move it away" : `is it "${near}"?`,
      });
    }
    for (const [number, name] of classes.entries()) {
      const own = named === "exactly"
        ? names.filter((own) => own === name)
        : names.filter((own) => classByWord(own, classes) === number);
      if (own.length === 0) {
        throw new DataError(`Cannot find the folder of the class "${name}"`, {
          file: folder,
          hint: (named === "exactly" ? "" : "its name has that word; ") +
            `the folders are ${names.slice(0, 20).map((known) => `"${known}"`).join(", ")}`,
        });
      }
      for (const each of own) {
        take(`${folder}/${each}`, await entriesOf(`${folder}/${each}`), number);
      }
    }
  }
  if (files.length === 0) {
    throw new DataError(`Cannot find any file of ${extensions.join(", ")} in the folder`, {
      file: folder,
      hint: classes === undefined
        ? "name classes, if it has a folder for each"
        : "check the folder",
    });
  }
  if (files.length > mostFiles) {
    throw new DataError(`Cannot use a folder of ${formatAmount(files.length, "file")}`, {
      file: folder,
      hint: `expected at most ${mostFiles}`,
    });
  }
  // the first rows are of every class
  if (limit >= files.length) return { files, classes: Int32Array.from(numbers) };
  const order = interleaved(numbers).slice(0, spare ? undefined : limit);
  return {
    files: order.map((i) => files[i]!),
    classes: Int32Array.from(order, (i) => numbers[i]!),
  };
}

/** The class that a folder is named for exactly, or that is a word of its name; -1 for none. */
function classByWord(folder: string, classes: readonly string[]): number {
  const exact = classes.indexOf(folder);
  const words = folder.toLowerCase().split(/[^\p{L}\p{N}]+/u);
  return exact >= 0 ? exact : classes.findIndex((name) => words.includes(name.toLowerCase()));
}

async function entriesOf(folder: string, origin?: string): Promise<Deno.DirEntry[]> {
  try {
    return await folderEntries(folder);
  } catch (cause) {
    if (origin !== undefined && cause instanceof Deno.errors.NotFound) {
      throw new DataError("Cannot find the folder", {
        file: folder,
        hint: `get it by: ${origin}`,
        cause,
      });
    }
    throw fileError("read", folder, cause);
  }
}

/** Numbers of files so that the classes take turns. */
function interleaved(classes: readonly number[]): number[] {
  const seen = new Map<number, number>();
  const turns = classes.map((number, i) => {
    const turn = seen.get(number) ?? 0;
    seen.set(number, turn + 1);
    return { i, turn };
  });
  return turns.sort((a, b) => a.turn - b.turn || a.i - b.i).map(({ i }) => i);
}

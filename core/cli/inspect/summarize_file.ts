/**
 * What a file or folder of data holds, found by its contents, in memory that does not grow with it.
 *
 * @module
 */
import { DataError } from "../../errors.ts";
import {
  fileError,
  openArrow,
  openBytes,
  openIdx,
  openNpy,
  openParquet,
} from "../../formats/mod.ts";
import { summarizeArchive, summarizeArray } from "./arrays.ts";
import type { FileSummary } from "./file_summary.ts";
import { summarizeFolder } from "./folders.ts";
import { summarizeImage, summarizeSound } from "./media.ts";
import { separatorOf, summarizeTable } from "./tables.ts";
import { summarizeValues } from "./values.ts";

/** What is looked into, as people call it. */
export const knownFormats =
  "CSV, TSV, JSON lines, text, Parquet, Arrow, NPY, NPZ, IDX, PNG, JPEG " +
  "and WAV; and folders of images, of sounds, of texts, and of CIFAR";

/** What the first bytes of a file, and its name, say. */
type Format =
  | "csv"
  | "jsonl"
  | "text"
  | "parquet"
  | "arrow"
  | "npy"
  | "npz"
  | "idx"
  | "image"
  | "wav";

/**
 * Looks through a file or folder.
 *
 * @param options.limit Rows of a table, or files of a folder, that are looked at.
 * @throws {DataError} When it is missing, empty, damaged, or of a format that is not known.
 */
export async function summarizeFile(
  file: string,
  { limit }: { readonly limit?: number } = {},
): Promise<FileSummary> {
  if (await isFolder(file)) return await summarizeFolder(file.replace(/[/\\]+$/, ""), { limit });
  const head = await headOf(file);
  const format = formatOf(file, head);
  const rows = limit ?? Infinity;
  switch (format) {
    case "csv":
    case "jsonl":
    case "text":
      return await summarizeTable(file, {
        format,
        limit: rows,
        separator: separatorOf(file, head),
      });
    case "parquet":
      return await summarizeValues(await openParquet(file), { limit: rows });
    case "arrow":
      return await summarizeValues(await openArrow(file, { memoryBytes: mostHeldBytes }), {
        limit: rows,
      });
    case "npy":
      return await summarizeArray(await openNpy(file), { format, limit: rows });
    case "idx":
      return await summarizeArray(await openIdx(file), { format, limit: rows });
    case "npz":
      return await summarizeArchive(file);
    case "image":
      return await summarizeImage(file);
    case "wav":
      return await summarizeSound(file);
  }
}

/** Arrow files are read whole; larger ones are refused, as their loader does by default. */
const mostHeldBytes = 1 << 30;

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isDirectory;
  } catch (cause) {
    throw fileError("read", path, cause);
  }
}

async function headOf(file: string): Promise<Uint8Array> {
  using opened = await openBytes(file);
  const head = await opened.read(0, Math.min(opened.size, 1 << 16));
  if (head.length > 0) return head;
  throw new DataError("Cannot inspect the file: it is empty", {
    file,
    hint: "name a file with data",
  });
}

/** How files of each format begin. */
const beginnings: readonly (readonly [string, Format])[] = [
  ["\x93NUMPY", "npy"],
  ["PK", "npz"],
  ["RIFF", "wav"],
  ["PAR1", "parquet"],
  ["ARROW1", "arrow"],
  // a stream of Arrow messages
  ["\xff\xff\xff\xff", "arrow"],
  ["\x89PNG", "image"],
  ["\xff\xd8", "image"],
  ["\0\0", "idx"],
  ["\x1f\x8b", "idx"],
];

function formatOf(file: string, head: Uint8Array): Format {
  const tag = String.fromCharCode(...head.subarray(0, 8));
  const known = beginnings.find(([begin]) => tag.startsWith(begin));
  if (known !== undefined) return known[1];
  if (head.includes(0)) {
    throw new DataError("Cannot inspect the file: it is none of the formats that are looked into", {
      file,
      hint: /\.bin$/i.test(file)
        ? "of CIFAR, name the folder of its files"
        : `formats: ${knownFormats}`,
    });
  }
  if (/\.(?:jsonl|ndjson)$/i.test(file) || /^\s*\{/.test(tag)) return "jsonl";
  if (/\.txt$/i.test(file)) return "text";
  return "csv";
}

/**
 * What a file or folder of data holds, found by its contents, in memory that does not grow with it.
 *
 * @module
 */
import { DataError } from "../../errors.ts";
import { formatAmount, listShort } from "../../format.ts";
import {
  archiveNames,
  fileName,
  isArchive,
  isFolder,
  isGzip,
  locate,
  openArrow,
  openBytes,
  openIdx,
  openNpy,
  openParquet,
  type Tell,
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
  "and WAV; folders of images, of sounds, of texts, and of CIFAR; these in ZIP and tar archives, too";

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

/** How to look. */
export interface SummarizeOptions {
  /** Rows of a table, or files of a folder, that are looked at. */
  readonly limit?: number | undefined;
  /** Told of downloads and unpacking. */
  readonly tell?: Tell | undefined;
}

/**
 * Looks through a file or folder, wherever loaders read them from: here, in an npm package, on the web, in
 * an archive.
 *
 * @throws {DataError} When it is missing, empty, damaged, or of a format that is not known.
 */
export async function summarizeFile(
  place: string,
  { limit, tell }: SummarizeOptions = {},
): Promise<FileSummary> {
  const path = fileName(await locate(place, tell));
  if (!await isFolder(path)) {
    if (isArchive(path)) return await summarizeFile(await onlyFile(place, path), { limit, tell });
    return placed(await summarizeOne(path, limit), { path, place });
  }
  const folder = path.replace(/[/\\]+$/, "");
  return placed(await summarizeFolder(folder, { limit }), { path: folder, place });
}

/** A summary that names the place that was given, from where loaders find the file as well. */
function placed(
  summary: FileSummary,
  { path, place }: { readonly path: string; readonly place: string },
): FileSummary {
  const named = place.replace(/[/\\]+$/, "");
  if (path === named) return summary;
  const text = (name: string) => JSON.stringify(name).slice(1, -1);
  const parent = (name: string) => `"${text(name.replace(/[^/\\]*$/, ""))}`;
  const stage = summary.stage.replaceAll(text(path), text(named));
  return {
    ...summary,
    file: place,
    // files beside it, which lie beside it in the archive or package as well
    stage: /!\/|^npm:/.test(named) ? stage.replaceAll(parent(path), parent(named)) : stage,
  };
}

/** The place of the one file in an archive; of several, one is to be named. */
async function onlyFile(place: string, path: string): Promise<string> {
  const names = (await archiveNames(path)).filter((name) => !/(?:^|\/)[._]/.test(name));
  if (names.length === 1) return `${place}!/${names[0]}`;
  const folders = [...new Set(names.map((name) => name.replace(/[^/]*$/, "")))];
  const few = names.length <= mostNamed ? names : [...new Set([commonOf(folders), ...folders])];
  throw new DataError(
    `Cannot inspect an archive of ${formatAmount(names.length, "file")} as a whole`,
    {
      file: place,
      hint: names.length === 0
        ? "name an archive that holds data"
        : `name a file or folder in it: ${
          listShort(
            few.filter((name) => name !== "").slice(0, mostNamed)
              .map((name) => `"${place}!/${name}"`),
          )
        }`,
    },
  );
}

/** The folder that all folders are in, or are: `"d/"` of `"d/a/"` and `"d/b/"`. */
function commonOf(folders: readonly string[]): string {
  let common = folders[0] ?? "";
  while (!folders.every((name) => name.startsWith(common))) {
    common = common.replace(/[^/]*\/$/, "");
  }
  return common;
}

/** Files of an archive that are named; of more, their folders. */
const mostNamed = 10;

async function summarizeOne(file: string, limit: number | undefined): Promise<FileSummary> {
  const head = await headOf(file);
  const format = await formatOf(file, head);
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
];

async function formatOf(file: string, head: Uint8Array): Promise<Format> {
  if (isGzip(head)) {
    const [first, second] = await unzippedHead(head);
    if (first === 0 && second === 0) return "idx";
    throw new DataError("Cannot inspect the file: it is compressed by gzip", {
      file,
      hint: "decompress it: IDX is the one format that is read compressed; of an archive, the " +
        "name ends in .tar.gz or .tgz",
    });
  }
  const tag = String.fromCharCode(...head.subarray(0, 8));
  const known = beginnings.find(([begin]) => tag.startsWith(begin));
  if (known !== undefined) return known[1];
  if (head.includes(0)) {
    throw new DataError("Cannot inspect the file: it is none of the formats that are looked into", {
      file,
      hint: `${
        /\.bin$/i.test(file) ? "of CIFAR, name the folder of its files; " : ""
      }known: ${knownFormats}`,
    });
  }
  if (/^\s*\[\s*(?:[[{]|$)/.test(tag)) {
    throw new DataError("Cannot inspect the file: it is an array in JSON", {
      file,
      hint: "write a line for each object, without commas between: jq -c '.[]' does",
    });
  }
  if (/\.(?:jsonl|ndjson)$/i.test(file) || /^\s*\{/.test(tag)) return "jsonl";
  if (/\.txt$/i.test(file)) return "text";
  return "csv";
}

/** The first bytes that come out of compressed ones; none where these are damaged. */
async function unzippedHead(head: Uint8Array): Promise<Uint8Array> {
  const stream = new Blob([head.slice()]).stream().pipeThrough(new DecompressionStream("gzip"));
  try {
    for await (const chunk of stream) return chunk;
  } catch {
    // cut off, as the head of a file is, or damaged
  }
  return new Uint8Array(0);
}

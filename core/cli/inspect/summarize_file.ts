/**
 * What a file or folder of data holds, found by its contents. Tables of text, Parquet, NPY and IDX are read part by
 * part; Arrow files, archives of arrays, images and sounds are held whole.
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
  locate,
  openArrow,
  openIdx,
  openNpy,
  openParquet,
  type Tell,
} from "../../formats/mod.ts";
import { knownFile, mostArrowBytes, separatorOf } from "../file_format.ts";
import { summarizeArchive, summarizeArray } from "./arrays.ts";
import type { FileSummary } from "./file_summary.ts";
import { summarizeFolder } from "./folders.ts";
import { summarizeImage, summarizeSound } from "./media.ts";
import { summarizeTable } from "./tables.ts";
import { summarizeValues } from "./values.ts";

/** What is looked into, as people call it. */
export const knownFormats =
  "CSV, TSV, JSON lines, text, Parquet, Arrow, NPY, NPZ, IDX, PNG, JPEG " +
  "and WAV; folders of images, of sounds, of texts, and of CIFAR; these in ZIP and tar archives, too";

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
  const summary = await summarizeAny(file, limit);
  if (summary.rows > 0) return summary;
  const names = summary.columns.map(({ name }) => JSON.stringify(name));
  throw new DataError(`Cannot inspect the ${summary.format} file: it has no row of data`, {
    file,
    hint: names.length === 0
      ? "name a file with rows"
      : `name a file with rows: of this, only the columns are there, ${listShort(names)}`,
  });
}

async function summarizeAny(file: string, limit: number | undefined): Promise<FileSummary> {
  const { head, format } = await knownFile(file, { action: "inspect", known: knownFormats });
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
      return await summarizeValues(await openArrow(file, { memoryBytes: mostArrowBytes }), {
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

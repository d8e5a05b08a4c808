/**
 * Where the rows of each split are: the options and fields that loaders have in common.
 *
 * @module
 */
import { z } from "zod";
import type { Split } from "../../core/mod.ts";
import type { Fields } from "../fields.ts";

/** Where the rows of the splits beside training are, written as where those of training are. */
export interface SplitPlaces {
  /** Where the rows of the test split are. */
  readonly test?: string | undefined;
  /** Where the rows of the validation split are. */
  readonly validation?: string | undefined;
}

/** The files that a loader reads. */
export interface FileOptions extends SplitPlaces {
  /**
   * Path of the file; or of one in an npm package, as `"npm:package@1.0.0/data.csv"`; or an address on
   * the web, as `"https://…/data.csv#sha256=…"` with or without a checksum; or of one in an archive
   * (`.zip`, `.tar`, `.tar.gz`), here or on the web, as `"https://…/data.zip#sha256=…!/folder/data.csv"`.
   * What is not there is fetched, and kept in `.cache/millrace`.
   */
  readonly path: string;
}

/**
 * The fields of {@linkcode SplitPlaces}.
 *
 * @param what What holds rows, as `"Path of a file with the rows"`.
 */
export function splitFields(what: string): Fields<SplitPlaces, SplitPlaces> {
  const place = z.string().min(1).optional();
  return {
    test: place.describe(`${what} of the test split`),
    validation: place.describe(`${what} of the validation split`),
  };
}

/** The fields of {@linkcode FileOptions}. */
export function fileFields(): Fields<FileOptions, FileOptions> {
  return {
    path: z.string().min(1).describe("Path of the file, npm:package@version/path, or an address"),
    ...splitFields("Path of a file with the rows"),
  };
}

/** Where the rows of a split are; `undefined` when there is no such split. */
export function placeOf(
  split: Split,
  train: string,
  { test, validation }: SplitPlaces,
): string | undefined {
  return { train, test, validation }[split];
}

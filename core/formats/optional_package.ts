/**
 * Packages that only some loaders need: they are fetched when such a loader is opened, and by nothing
 * else.
 *
 * @module
 */
import { DataError } from "../errors.ts";

const loaded = new Map<string, Promise<unknown>>();

/**
 * Imports a package, which Deno fetches the first time. A literal in `import()` would make everyone
 * who imports this project download it.
 *
 * @param specifier The package with its exact version, as `"npm:jpeg-js@0.4.4"`.
 * @throws {DataError} When it can be neither found nor fetched.
 */
export async function importPackage<T>(
  specifier: string,
  { file, what }: { readonly file: string; readonly what: string },
): Promise<T> {
  let found = loaded.get(specifier);
  if (found === undefined) loaded.set(specifier, found = import(specifier));
  try {
    return await found as T;
  } catch (cause) {
    loaded.delete(specifier);
    throw new DataError(`Cannot read ${what}: the package that does it cannot be loaded`, {
      file,
      cause,
      hint: `connect to the network once, or fetch it beforehand: deno cache ${specifier}`,
    });
  }
}

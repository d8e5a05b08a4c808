/**
 * The rivals' packages, each at the version that is compared. They are named here and not in
 * `deno.json`, and loaded by names that no tool can read off an import, so that only who runs a rival
 * downloads it.
 *
 * @module
 */

/** Packages and versions. */
export const packages = {
  "@tensorflow/tfjs": "4.22.0",
  "@tensorflow/tfjs-backend-wasm": "4.22.0",
  "@jax-js/jax": "0.1.25",
} as const;

/** A package of a rival. */
export type PackageName = keyof typeof packages;

/** Loads a package; its types are not known here, for they would have to be downloaded. */
// deno-lint-ignore no-explicit-any
export async function load(name: PackageName): Promise<any> {
  return await import(`npm:${name}@${packages[name]}`);
}

/** Where a file of a loaded package lies. */
export function locate(name: PackageName, file: string): URL {
  return new URL(import.meta.resolve(`npm:${name}@${packages[name]}/${file}`));
}

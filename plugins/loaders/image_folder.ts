/**
 * Folders of images in PNG and JPEG.
 *
 * @module
 */
import { z } from "zod";
import {
  type AnyHandle,
  type ClassLabels,
  defineLoader,
  fileName,
  lazySchema,
  locate,
  type Schema,
  type Tensor,
} from "../../core/mod.ts";
import { classFiles } from "./class_folders.ts";
import { cachedFileRows, givenFileRows } from "./file_rows.ts";
import type { ImageFit } from "./fit_image.ts";
import { memoryFields, type MemoryOptions } from "./fixed_rows.ts";
import { type ImageForm, imageLoader, imageModule, imagePorts } from "./image_rows.ts";
import { type InvalidConfig, invalidFields, type InvalidOptions, RowChecks } from "./row_checks.ts";
import { placeOf, splitFields, type SplitPlaces } from "./split_files.ts";

/** Options of {@linkcode imageFolder}. */
export interface ImageFolderOptions<
  H extends number = number,
  W extends number = number,
  N extends 1 | 3 = 1 | 3,
  C extends readonly string[] = readonly string[],
> extends SplitPlaces, MemoryOptions, InvalidOptions {
  /**
   * The folder of the training split: with a folder for each class, or, without `classes`, images. Another
   * folder in it is an error if it holds images. It may be in an archive, here or on the web:
   * `"pets.zip!/pets"`.
   */
  readonly folder: string;
  /** Height of an image in pixels. */
  readonly height: H;
  /** Width of an image in pixels. */
  readonly width: W;
  /** 3: red, green, blue; 1: grey. */
  readonly channels: N;
  /** Names of the folders of the classes, in the order of the classes' numbers. */
  readonly classes?: C | undefined;
  /** How images of another size are brought to this one. Default `"exact"`: they are an error. */
  readonly fit?: ImageFit | undefined;
}

/** What {@linkcode imageFolder} gives; `label` when there are classes. */
export type ImageFolder<
  H extends number,
  W extends number,
  N extends 1 | 3,
  C extends readonly string[],
> = {
  /** The images, from 0 (black) to 255. */
  readonly image: Tensor<readonly ["batch", H, W, N], "u8">;
  /** What is to be seen. */
  readonly label: ClassLabels<"batch", C["length"]>;
};

interface ImageFolderConfig extends SplitPlaces, InvalidConfig, ImageForm {
  readonly folder: string;
  readonly memoryBytes: number;
}

const side = z.int().min(1).max(1 << 14);

const config: Schema<ImageFolderOptions, ImageFolderConfig> = lazySchema(() =>
  z.strictObject({
    folder: z.string().min(1).describe("The folder of the training split, with one for each class"),
    height: side.describe("Height of an image in pixels"),
    width: side.describe("Width of an image in pixels"),
    channels: z.literal([1, 3]).describe("3: red, green, blue; 1: grey"),
    classes: z.array(z.string().min(1)).min(1).readonly().optional().describe(
      "Names of the folders of the classes, in the order of the classes' numbers",
    ),
    fit: z.enum(["exact", "stretch", "crop", "pad"]).default("exact").describe(
      "How images of another size are brought to this one",
    ),
    ...splitFields("The folder"),
    ...memoryFields,
    ...invalidFields(),
  })
);

const extensions = [".png", ".jpg", ".jpeg"];

const stage = defineLoader<{ image: AnyHandle; label: AnyHandle }>()({
  name: "imageFolder",
  kind: "loader",
  family: "loader",
  config,
  ports: (config) => imagePorts(config),
  async open({ config, split, limit, tell, byWorkers }) {
    const place = placeOf(split, config.folder, config);
    if (place === undefined) return null;
    const folder = fileName(await locate(place, tell));
    const { classes } = config;
    const checks = new RowChecks(config);
    const spare = checks.mayDrop;
    const found = await classFiles(folder, { classes, extensions, limit, spare });
    const { height, width, channels, fit } = config;
    const images = { ...found, form: { height, width, channels, classes, fit } };
    return await cachedFileRows({
      ...found,
      ports: imagePorts(config),
      folder,
      checks,
      memoryBytes: config.memoryBytes,
      load: imageLoader(images),
      inWorkers: (kept) => ({ module: imageModule, given: { images, kept } }),
    }, { limit, byWorkers });
  },
  records: {
    extensions,
    open(config, files) {
      const classes = new Int32Array(files.length);
      const load = imageLoader({ form: config, files, classes });
      return givenFileRows({ ports: imagePorts(config), files, load });
    },
  },
});

/**
 * Loads images from a folder that has a folder for each class, or from a folder of images alone. PNG
 * of every kind and JPEG, which is decoded by `jpeg-js`, fetched the first time. Where that takes
 * longer than 0.25 s, workers do it ahead of the step.
 * Decoded images stay in memory as far as they fit into `memoryBytes`: from the second epoch on no
 * file is read. Transparency is left out. With `invalid: "drop"` every image is decoded once as the
 * folder is opened, by workers as well, and damaged ones are no rows. A run that is resumed notices images
 * that have changed, by their bytes, of folders of more than 256 MiB by some of them. To predict from, a file is given, or a folder:
 * `deno task predict pets.ts --input cat.png`.
 *
 * Shapes: image `u8[batch, height, width, channels]`, label `[batch]`
 *
 * Counterparts: Keras `utils.image_dataset_from_directory`; PyTorch
 * `torchvision.datasets.ImageFolder`; TensorFlow.js none
 *
 * @returns The handles `image` and `label`.
 * @throws {DataError} When a folder is missing, or, as it is read, an image is damaged or has another
 * size.
 *
 * @example
 * ```ts
 * import { imageFolder } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const pets = imageFolder({
 *   folder: "data/pets",
 *   classes: ["cat", "dog"],
 *   height: 64,
 *   width: 64,
 *   channels: 3,
 *   fit: "crop",
 * });
 * assertEquals(pets.image.port, "image"); // u8[batch, 64, 64, 3]
 * assertEquals(pets.label.port, "label"); // 2 classes
 * ```
 */
export function imageFolder<
  const H extends number,
  const W extends number,
  const N extends 1 | 3,
  const C extends readonly string[] = readonly [],
>(options: ImageFolderOptions<H, W, N, C>): ImageFolder<H, W, N, C> {
  return stage(options);
}

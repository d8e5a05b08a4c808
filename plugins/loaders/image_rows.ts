/**
 * Images of files as rows. Workers open this module as well: it imports what decoding takes, and no
 * more.
 *
 * @module
 */
import { DataError } from "../../core/errors.ts";
import { decodeImage, readBytesNow } from "../../core/formats/mod.ts";
import type { DataPort, RowSource } from "../../core/mod.ts";
import { fitImage, type ImageFit, type ImageSize } from "./fit_image.ts";
import { decodedRows, type KeptRows, type LoadFile } from "./kept_rows.ts";
import { labelDType } from "./memory_rows.ts";

/** What images become. */
export interface ImageForm extends ImageSize {
  readonly classes?: readonly string[] | undefined;
  readonly fit: ImageFit;
}

/** The files of images, and what becomes of them. */
export interface ImageFiles {
  readonly form: ImageForm;
  readonly files: readonly string[];
  /** The number of each file's class. */
  readonly classes: Int32Array;
}

/** Address of this module, by which workers open it. */
export const imageModule = import.meta.url;

/** Opens images that are decoded already, or are to be. */
export default function imageRows(
  { images, kept }: { readonly images: ImageFiles; readonly kept: KeptRows },
): RowSource {
  return decodedRows({ ports: imagePorts(images.form), load: imageLoader(images), kept });
}

/** What the ports carry. */
export function imagePorts(
  { height, width, channels, classes }: ImageForm,
): Readonly<Record<string, DataPort>> {
  return {
    image: { kind: "tensor", dtype: "u8", shape: [height, width, channels] },
    ...(classes === undefined ? {} : {
      label: {
        kind: "labels",
        dtype: labelDType(classes.length),
        classes: classes.length,
        names: classes,
      },
    }),
  };
}

/** Decodes images. */
export function imageLoader({ form, files, classes }: ImageFiles): LoadFile {
  const { height, width, channels, fit } = form;
  return async (row, into) => {
    if (into.label !== undefined) into.label[0] = classes[row]!;
    if (into.image === undefined) return;
    const { bytes, file } = readBytesNow(files[row]!);
    const image = await decodeImage(bytes, file);
    if (fit === "exact" && (image.width !== width || image.height !== height)) {
      throw new DataError(
        `Cannot use the image: received ${image.width} by ${image.height} pixels, ` +
          `expected ${width} by ${height}`,
        {
          file,
          reason: "another size",
          hint: 'set fit to "stretch", "crop" or "pad", or width and height to the image\'s',
        },
      );
    }
    fitImage(image, into.image as Uint8Array, { width, height, channels, fit });
  };
}

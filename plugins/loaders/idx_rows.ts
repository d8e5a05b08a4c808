/**
 * Rows of a pair of IDX files: examples, and a class number for each.
 *
 * @module
 */
import {
  type ArrayFile,
  DataError,
  fileName,
  formatAmount,
  formatSpec,
  type HostTensor,
  openIdx,
  sameShape,
  type Shape,
} from "../../core/mod.ts";
import type { DataPort, RowSource } from "../../core/mod.ts";
import { memoryRows } from "./memory_rows.ts";

/** Two IDX files, and what is wanted of them. */
export interface IdxRowsOptions {
  /** The examples. */
  readonly images: string | URL;
  /** A class number for each. */
  readonly labels: string | URL;
  /** Shape of one example. */
  readonly shape: Shape;
  readonly classes: number;
  /** How many of the last rows are kept for validation, and which part is wanted. */
  readonly validation: { readonly size: number; readonly wanted: boolean };
  /** Rows that are wanted at most, the first ones. */
  readonly limit: number | undefined;
}

/** The ports of such rows: examples as bytes, and labels. */
export function idxPorts(
  { shape, classes }: Pick<IdxRowsOptions, "shape" | "classes">,
): Readonly<Record<"image" | "label", DataPort>> {
  return {
    image: { kind: "tensor", dtype: "u8", shape },
    label: { kind: "labels", dtype: "u8", classes },
  };
}

/**
 * Reads the rows that are wanted of both files, as bytes, and offers them.
 *
 * @throws {DataError} When a file is malformed, or its contents are not what the loader says.
 */
export async function idxRows(options: IdxRowsOptions): Promise<RowSource> {
  const { classes, validation, limit = Infinity } = options;
  using images = await openIdx(options.images);
  using labels = await openIdx(options.labels);
  const total = requireFit({ images, labels }, options);
  const trained = total - validation.size;
  const [begin, last] = validation.wanted ? [trained, total] : [0, trained];
  const end = Math.min(last, begin + limit);
  const [image, label] = await Promise.all([images.read(begin, end), labels.read(begin, end)]);
  requireClasses(label, { classes, file: fileName(options.labels), begin });
  return memoryRows({
    ports: idxPorts(options),
    columns: { image: image.data, label: label.data },
  });
}

/** Checks what the headers say against what the loader says; gives the number of rows. */
function requireFit(
  { images, labels }: Readonly<Record<"images" | "labels", ArrayFile>>,
  { shape, validation, ...files }: IdxRowsOptions,
): number {
  const [imageFile, labelFile] = [fileName(files.images), fileName(files.labels)];
  const total = images.shape[0]!;
  if (images.dtype !== "u8" || !sameShape(images.shape.slice(1), shape)) {
    throw new DataError(
      `Cannot use these images: received ${formatSpec(images)}, expected ${
        formatSpec({ dtype: "u8", shape: ["n", ...shape] })
      }`,
      {
        file: imageFile,
        hint: images.dtype !== "u8"
          ? "write the file anew with unsigned bytes"
          : "set the loader's shape to that of the file",
      },
    );
  }
  if (total === 0) {
    throw new DataError("Cannot use these images: the file has none", {
      file: imageFile,
      hint: "name a file with examples",
    });
  }
  if (labels.dtype !== "u8" || !sameShape(labels.shape, [total])) {
    throw new DataError(
      `Cannot use these labels: received ${formatSpec(labels)}, expected ${
        formatSpec({ dtype: "u8", shape: [total] })
      }, one for each image of "${imageFile}"`,
      {
        file: labelFile,
        hint: labels.dtype !== "u8"
          ? "write the file anew with unsigned bytes"
          : "name images and labels of the same split",
      },
    );
  }
  if (validation.size >= total) {
    throw new DataError(
      `Cannot keep ${formatAmount(validation.size, "row")} for validation: there are ${total}`,
      { file: imageFile, hint: "set a smaller validationSize" },
    );
  }
  return total;
}

function requireClasses(
  { data }: HostTensor,
  { classes, file, begin }: {
    readonly classes: number;
    readonly file: string;
    /** Number of the first row in the file. */
    readonly begin: number;
  },
): void {
  const row = data.findIndex((label) => label >= classes);
  if (row >= 0) {
    throw new DataError(
      `Cannot use the label ${data[row]}: expected a class number from 0 to ${classes - 1}`,
      {
        file,
        row: begin + row + 1,
        hint: "set the loader's number of classes to that of the file",
      },
    );
  }
}

/**
 * Rows of a pair of IDX files: examples, and a class number for each.
 *
 * @module
 */
import {
  DataError,
  fileName,
  formatAmount,
  formatSpec,
  type HostTensor,
  readIdx,
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
 * Reads both files whole, as bytes, and offers their rows.
 *
 * @throws {DataError} When a file is malformed, or its contents are not what the loader says.
 */
export async function idxRows(options: IdxRowsOptions): Promise<RowSource> {
  const { shape, classes, validation } = options;
  const [images, labels] = await Promise.all([readIdx(options.images), readIdx(options.labels)]);
  const [imageFile, labelFile] = [fileName(options.images), fileName(options.labels)];
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
  requireClasses(labels, { classes, file: labelFile });
  if (validation.size >= total) {
    throw new DataError(
      `Cannot keep ${formatAmount(validation.size, "row")} for validation: there are ${total}`,
      { file: imageFile, hint: "set a smaller validationSize" },
    );
  }
  const trained = total - validation.size;
  return memoryRows({
    ports: idxPorts(options),
    columns: { image: images.data, label: labels.data },
    start: validation.wanted ? trained : 0,
    rows: validation.wanted ? validation.size : trained,
  });
}

function requireClasses(
  { data }: HostTensor,
  { classes, file }: { readonly classes: number; readonly file: string },
): void {
  const row = data.findIndex((label) => label >= classes);
  if (row >= 0) {
    throw new DataError(
      `Cannot use the label ${data[row]}: expected a class number from 0 to ${classes - 1}`,
      { file, row: row + 1, hint: "set the loader's number of classes to that of the file" },
    );
  }
}

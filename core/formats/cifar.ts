/**
 * The binary files of CIFAR-10 and CIFAR-100: records of class numbers, a byte each, and an image of 32 by
 * 32 pixels, first all their red, then all green, then all blue.
 *
 * Source: https://www.cs.toronto.edu/~kriz/cifar.html
 *
 * @module
 */
import { DataError } from "../errors.ts";
import { formatAmount, formatCount } from "../format.ts";
import { cifar100Classes, cifar100Superclasses, cifar10Classes } from "./cifar_classes.ts";
import { openBytes, type OpenedBytes } from "./read_bytes.ts";

/** The files of a data set, and how its records are made. */
export interface CifarLayout {
  /** Name of the data set, as `"cifar10"`. */
  readonly name: string;
  /** Files of the training split. */
  readonly train: readonly string[];
  /** Files of the test split. */
  readonly test: readonly string[];
  /** The class numbers before each image, in this order, with the names of the classes. */
  readonly labels: Readonly<Record<string, readonly string[]>>;
}

/** CIFAR-10: ten classes. */
export const cifar10Layout: CifarLayout = {
  name: "cifar10",
  train: [1, 2, 3, 4, 5].map((batch) => `data_batch_${batch}.bin`),
  test: ["test_batch.bin"],
  labels: { label: cifar10Classes },
};

/** CIFAR-100: a hundred classes, and the twenty that they belong to. */
export const cifar100Layout: CifarLayout = {
  name: "cifar100",
  train: ["train.bin"],
  test: ["test.bin"],
  labels: { superclass: cifar100Superclasses, label: cifar100Classes },
};

/** Pixels in a row, and rows, of an image. */
export const cifarSide = 32;
const pixels = cifarSide * cifarSide;
/** Bytes of an image. */
export const cifarImageBytes: number = 3 * pixels;

/** A file of records. */
export interface CifarFile extends Disposable {
  /** Path of the file, for messages. */
  readonly file: string;
  /** Bytes in the file. */
  readonly size: number;
  /** Number of records. */
  readonly rows: number;
  /**
   * Reads records into columns: `image`, channels last, and those of the labels.
   *
   * @param options.at The row of the columns that the first record becomes.
   * @throws {DataError} When a class number is none.
   */
  read(
    range: { readonly begin: number; readonly end: number },
    options: { readonly columns: Readonly<Record<string, Uint8Array>>; readonly at: number },
  ): Promise<void>;
}

/**
 * Opens a file of records.
 *
 * @throws {DataError} When it is missing, or holds no whole number of records.
 */
export async function openCifar(path: string | URL, layout: CifarLayout): Promise<CifarFile> {
  const opened = await openBytes(path);
  const { file, size } = opened;
  const recordBytes = Object.keys(layout.labels).length + cifarImageBytes;
  const rows = size / recordBytes;
  if (!Number.isInteger(rows) || rows === 0) {
    opened[Symbol.dispose]();
    throw wrongSize(opened, { recordBytes, layout });
  }
  return {
    file,
    size,
    rows,
    async read({ begin, end }, { columns, at }) {
      const bytes = await opened.read(begin * recordBytes, (end - begin) * recordBytes);
      takeRecords(bytes, { layout, columns, at, file, row: begin });
    },
    [Symbol.dispose]: () => opened[Symbol.dispose](),
  };
}

function wrongSize(
  { file, size }: OpenedBytes,
  { recordBytes, layout }: { readonly recordBytes: number; readonly layout: CifarLayout },
): DataError {
  return new DataError(
    `Cannot read ${layout.name}: received ${formatAmount(size, "byte")}, expected a multiple of ${
      formatCount(recordBytes)
    }: ` +
      `${
        formatAmount(recordBytes - cifarImageBytes, "byte")
      } of classes and an image in each record`,
    { file, hint: "get the file again, whole, in the binary version of the data set" },
  );
}

/** Takes records apart: planes of red, green and blue become pixels of three. */
function takeRecords(
  bytes: Uint8Array,
  { layout, columns, at, file, row }: {
    readonly layout: CifarLayout;
    readonly columns: Readonly<Record<string, Uint8Array>>;
    readonly at: number;
    readonly file: string;
    /** Number of the first record in the file, from 0. */
    readonly row: number;
  },
): void {
  const labels = Object.entries(layout.labels);
  const image = columns.image!;
  const recordBytes = labels.length + cifarImageBytes;
  for (let record = 0; record * recordBytes < bytes.length; record++) {
    let from = record * recordBytes;
    for (const [port, { length: classes }] of labels) {
      const label = bytes[from++]!;
      if (label >= classes) {
        throw new DataError(
          `Cannot use the class ${label}: expected a number from 0 to ${classes - 1}`,
          {
            file,
            row: row + record + 1,
            column: port,
            hint: "get the file again, in the binary version of the data set",
          },
        );
      }
      columns[port]![at + record] = label;
    }
    let to = (at + record) * cifarImageBytes;
    for (let pixel = 0; pixel < pixels; pixel++) {
      image[to++] = bytes[from + pixel]!;
      image[to++] = bytes[from + pixels + pixel]!;
      image[to++] = bytes[from + 2 * pixels + pixel]!;
    }
  }
}

/**
 * CIFAR-10 and CIFAR-100: small photographs of ten, or of a hundred kinds of things.
 *
 * @module
 */
import { z } from "zod";
import {
  cifar100Layout,
  cifar10Layout,
  type CifarFile,
  cifarImageBytes,
  type CifarLayout,
  cifarSide,
  type ClassLabels,
  DataError,
  defineLoader,
  formatAmount,
  lazySchema,
  locate,
  openCifar,
  type OpenContext,
  type RowSource,
  type Schema,
  type Tensor,
} from "../../core/mod.ts";
import { fixedRows, memoryFields, type MemoryOptions } from "./fixed_rows.ts";

/** Options of {@linkcode cifar10} and {@linkcode cifar100}. */
export interface CifarOptions extends MemoryOptions {
  /**
   * The folder with the binary files of the data set, as its archive unpacks them:
   * `data_batch_1.bin` to `data_batch_5.bin` and `test_batch.bin`, or `train.bin` and `test.bin`. Or one
   * in an archive, here or on the web, as `"cifar.tar.gz!/cifar-10-batches-bin"`. Default: in the archive
   * on the data set's own site, which is downloaded when it is not there, and checked.
   */
  readonly folder?: string | undefined;
  /** How many of the last training rows are the validation split instead. Default 0. */
  readonly validationSize?: number | undefined;
}

/** What {@linkcode cifar10} gives. */
export type Cifar10 = {
  /** Red, green and blue of each pixel, from 0 to 255. */
  readonly image: Tensor<readonly ["batch", 32, 32, 3], "u8">;
  /** What is to be seen. */
  readonly label: ClassLabels<"batch", 10>;
};

/** What {@linkcode cifar100} gives. */
export type Cifar100 = {
  /** Red, green and blue of each pixel, from 0 to 255. */
  readonly image: Tensor<readonly ["batch", 32, 32, 3], "u8">;
  /** What is to be seen. */
  readonly label: ClassLabels<"batch", 100>;
  /** The superclass that it belongs to. */
  readonly superclass: ClassLabels<"batch", 20>;
};

interface CifarConfig {
  readonly folder: string;
  readonly validationSize: number;
  readonly memoryBytes: number;
}

const configOf = ({ folder }: CifarFormat): Schema<CifarOptions, CifarConfig> =>
  lazySchema(() =>
    z.strictObject({
      folder: z.string().min(1).default(folder).describe(
        "The folder with the binary files of the data set, which may be one in an archive",
      ),
      validationSize: z.int().min(0).default(0).describe(
        "How many of the last training rows are the validation split instead",
      ),
      ...memoryFields,
    })
  );

/** A data set, and where it is on its own site. */
interface CifarFormat extends CifarLayout {
  /** The folder in the archive there. */
  readonly folder: string;
}

const site = "https://www.cs.toronto.edu/~kriz";

const cifar10Format: CifarFormat = {
  ...cifar10Layout,
  folder: `${site}/cifar-10-binary.tar.gz` +
    "#sha256=c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd" +
    "!/cifar-10-batches-bin",
};

const cifar100Format: CifarFormat = {
  ...cifar100Layout,
  folder: `${site}/cifar-100-binary.tar.gz` +
    "#sha256=58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec" +
    "!/cifar-100-binary",
};

function portsOf({ labels }: CifarFormat) {
  return {
    image: { kind: "tensor", dtype: "u8", shape: [cifarSide, cifarSide, 3] },
    ...Object.fromEntries(
      Object.entries(labels).map((
        [port, names],
      ) => [port, { kind: "labels", dtype: "u8", classes: names.length, names } as const]),
    ),
  } as const;
}

function loaderOf<Outputs extends Cifar10 | Cifar100>(
  format: CifarFormat,
): (options: CifarOptions) => Outputs {
  return defineLoader<Outputs>()({
    name: format.name,
    kind: "loader",
    family: "loader",
    config: configOf(format),
    ports: () => portsOf(format),
    open(context) {
      return context.split === "validation" && context.config.validationSize === 0
        ? null
        : openSplit(format, context);
    },
  });
}

/** A file, with the number of its first row. */
interface Part {
  readonly name: string;
  readonly opened: CifarFile;
  readonly begin: number;
}

async function openSplit(
  format: CifarFormat,
  { config: { folder, validationSize, memoryBytes }, split, limit = Infinity, tell }: OpenContext<
    CifarConfig
  >,
): Promise<RowSource> {
  const ports = portsOf(format);
  const parts: Part[] = [];
  const close = () => parts.forEach(({ opened }) => opened[Symbol.dispose]());
  try {
    let total = 0;
    for (const name of split === "test" ? format.test : format.train) {
      const opened = await openPart(await locate(`${folder}/${name}`, tell), format);
      parts.push({ name, opened, begin: total });
      total += opened.rows;
    }
    const kept = split === "test" ? 0 : validationSize;
    if (kept >= total) {
      throw new DataError(
        `Cannot keep ${formatAmount(kept, "row")} for validation: there are ${total}`,
        { file: folder, hint: "set a smaller validationSize" },
      );
    }
    const [first, last] = split === "validation" ? [total - kept, total] : [0, total - kept];
    return await fixedRows({
      ports,
      rows: Math.min(last - first, limit),
      memoryBytes,
      files: parts.map(({ name, opened }) => ({ name, path: opened.file })),
      close,
      read: async (begin, end) => {
        const columns: Record<string, Uint8Array<ArrayBuffer>> = {
          image: new Uint8Array((end - begin) * cifarImageBytes),
        };
        for (const port of Object.keys(format.labels)) columns[port] = new Uint8Array(end - begin);
        for (const part of parts) {
          const from = Math.max(first + begin, part.begin);
          const to = Math.min(first + end, part.begin + part.opened.rows);
          if (from >= to) continue;
          await part.opened.read(
            { begin: from - part.begin, end: to - part.begin },
            { columns, at: from - first - begin },
          );
        }
        return columns;
      },
    });
  } catch (error) {
    close();
    throw error;
  }
}

async function openPart(path: string | URL, format: CifarFormat): Promise<CifarFile> {
  const { folder, name } = format;
  try {
    return await openCifar(path, format);
  } catch (error) {
    if (!(error instanceof DataError) || !(error.cause instanceof Deno.errors.NotFound)) {
      throw error;
    }
    throw new DataError(`Cannot read ${name}: there is no such file`, {
      file: String(path),
      cause: error.cause,
      hint: `leave folder out: the files are then downloaded; or set it to that of the files of ${
        folder.replace(/#[^!]*/, "")
      }`,
    });
  }
}

const makeCifar10 = loaderOf<Cifar10>(cifar10Format);
const makeCifar100 = loaderOf<Cifar100>(cifar100Format);

/**
 * Loads CIFAR-10 from its binary files: 50,000 training and 10,000 test photographs of ten kinds of
 * things. They are downloaded (163 MB) when they are not there, into `.cache/millrace`. The planes of colours of the files become the last axis, as convolutions read it.
 *
 * Shapes: image `u8[batch, 32, 32, 3]`, label `[batch]` of 10 classes
 *
 * Counterparts: Keras `datasets.cifar10.load_data`; PyTorch `torchvision.datasets.CIFAR10`;
 * TensorFlow.js none
 *
 * @returns The handles `image` and `label`.
 * @throws {DataError} When a file is missing, cut off, or has a class that there is not, as the data
 * is opened.
 *
 * @example
 * ```ts
 * import { cifar10, rescale } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const photos = cifar10({ validationSize: 5000 });
 * const pixels = rescale({ scale: 1 / 255 })(photos.image);
 * assertEquals(pixels.stage.definition.name, "rescale"); // f32[batch, 32, 32, 3]
 * ```
 *
 * Source: Krizhevsky, "Learning multiple layers of features from tiny images", 2009;
 * https://www.cs.toronto.edu/~kriz/cifar.html
 */
export function cifar10(options: CifarOptions = {}): Cifar10 {
  return makeCifar10(options);
}

/**
 * Loads CIFAR-100 from its binary files: as {@linkcode cifar10}, of a hundred classes that belong to
 * twenty superclasses.
 *
 * Shapes: image `u8[batch, 32, 32, 3]`, label `[batch]` of 100 classes, superclass `[batch]` of 20
 *
 * Counterparts: Keras `datasets.cifar100.load_data`; PyTorch `torchvision.datasets.CIFAR100`;
 * TensorFlow.js none
 *
 * @returns The handles `image`, `label` and `superclass`.
 * @throws {DataError} As {@linkcode cifar10}.
 *
 * @example
 * ```ts
 * import { cifar100 } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const photos = cifar100();
 * assertEquals(photos.superclass.port, "superclass"); // 20 classes
 * ```
 */
export function cifar100(options: CifarOptions = {}): Cifar100 {
  return makeCifar100(options);
}

/**
 * What folders of data hold: files of images, sounds or texts, in a folder for each class or in one; the
 * files of CIFAR.
 *
 * @module
 */
import { DataError } from "../../errors.ts";
import { formatCount } from "../../format.ts";
import {
  cifar100Layout,
  cifar10Layout,
  decodeImage,
  fileError,
  folderEntries,
  parseWav,
  readBytes,
} from "../../formats/mod.ts";
import { summarizeCifar } from "./cifar.ts";
import type { FileSummary } from "./file_summary.ts";
import { channelsText, framesOf } from "./media.ts";
import { mediaStage, textsStage } from "./suggest_stage.ts";
import { ColumnSummarizer, type ColumnSummary } from "./summarize_column.ts";

/** Files that are opened, of all that there are, unless a limit says otherwise. */
const sampledFiles = 200;

/** The kinds of files that folders are of, by the ends of their names. */
const kinds = {
  images: [".png", ".jpg", ".jpeg"],
  sounds: [".wav"],
  texts: [".txt"],
} as const;

type Kind = keyof typeof kinds;

/** Files of one kind. */
interface Found {
  readonly folder: string;
  readonly kind: Kind;
  /** Paths, with the class that each is of: `undefined` where there are no classes. */
  readonly files: readonly { readonly path: string; readonly className: string | undefined }[];
  /** Names of the folders that are the classes; `undefined` where there are none. */
  readonly classes: readonly string[] | undefined;
}

/** The files of another split than that of training. */
interface OtherSplit {
  readonly split: string;
  readonly folder: string;
}

/**
 * Looks through a folder; where it holds a folder for each split, through that of training.
 *
 * @throws {DataError} When it holds nothing that a loader reads, or a file is damaged.
 */
export async function summarizeFolder(
  folder: string,
  { limit = sampledFiles }: { readonly limit?: number | undefined },
): Promise<FileSummary> {
  const entries = await entriesOf(folder);
  for (const layout of [cifar10Layout, cifar100Layout]) {
    const has = (name: string) => entries.some((entry) => entry.name === name && entry.isFile);
    if (layout.train.every(has)) return await summarizeCifar(folder, layout);
  }
  const splits = splitsOf(folder, entries);
  const train = splits?.train ?? folder;
  const found = await filesOf(train, splits === undefined ? entries : await entriesOf(train));
  const { files, classes, kind } = found;
  const others = await Promise.all(
    Object.entries(splits ?? {}).filter(([split]) => split !== "train")
      .map(async ([split, folder]) => ({
        split,
        ...await filesOf(folder, await entriesOf(folder)),
      })),
  );
  const looked = spread(files, limit).map(({ path }) => path);
  const { columns, stage } = await lookInto[kind]({ ...found, others }, looked);
  const counts = others.map(({ split, files }) => `, ${split} ${formatCount(files.length)}`).join(
    "",
  );
  return {
    file: folder,
    format: `folder of ${kind}` +
      (splits === undefined ? "" : `: train ${formatCount(files.length)}${counts}`) +
      (looked.length < files.length ? `, ${formatCount(looked.length)} of them opened` : ""),
    rows: files.length,
    isWhole: true,
    columns: classes === undefined ? columns : [...columns, classColumn(found)],
    stage,
  };
}

/** Names of folders that are splits. */
const splitNames = {
  train: /^train(?:ing)?$/i,
  validation: /^(?:val|valid|validation|dev)$/i,
  test: /^test(?:ing)?$/i,
} as const;

type SplitName = keyof typeof splitNames;

/** The folders of splits, where there are no others and one is that of training. */
function splitsOf(
  folder: string,
  entries: readonly Deno.DirEntry[],
): Readonly<Partial<Record<SplitName, string>>> | undefined {
  const names = entries.filter(({ isDirectory }) => isDirectory).map(({ name }) => name);
  const found = (Object.keys(splitNames) as SplitName[]).flatMap((split) => {
    const own = names.filter((name) => splitNames[split].test(name));
    return own.length === 1 ? [[split, `${folder}/${own[0]}`] as const] : [];
  });
  const isAll = found.length === names.length && found.some(([split]) => split === "train");
  return isAll ? Object.fromEntries(found) : undefined;
}

/** Options that name the folders of the other splits. */
function otherFolders(others: readonly OtherSplit[]): Readonly<Record<string, string>> {
  return Object.fromEntries(others.map(({ split, folder }) => [split, folder]));
}

async function entriesOf(folder: string): Promise<Deno.DirEntry[]> {
  try {
    return (await folderEntries(folder)).filter(({ name }) => !name.startsWith("."));
  } catch (cause) {
    throw fileError("read", folder, cause);
  }
}

function kindOf(name: string): Kind | undefined {
  const lower = name.toLowerCase();
  return (Object.keys(kinds) as Kind[]).find((kind) =>
    kinds[kind].some((end) => lower.endsWith(end))
  );
}

/** The files in the folder; where there are none, those in the folders in it, which are the classes. */
async function filesOf(folder: string, entries: readonly Deno.DirEntry[]): Promise<Found> {
  const own = entries.filter(({ isDirectory }) => !isDirectory)
    .map(({ name }) => ({ path: `${folder}/${name}`, className: undefined, kind: kindOf(name) }))
    .filter(({ kind }) => kind !== undefined);
  const inner = [];
  for (const { name, isDirectory } of own.length > 0 ? [] : entries) {
    if (!isDirectory) continue;
    for (const file of await entriesOf(`${folder}/${name}`)) {
      const kind = file.isDirectory ? undefined : kindOf(file.name);
      if (kind === undefined) continue;
      inner.push({ path: `${folder}/${name}/${file.name}`, className: name, kind });
    }
  }
  const all = own.length > 0 ? own : inner;
  const count = (kind: Kind) => all.filter((file) => file.kind === kind).length;
  const kind = (Object.keys(kinds) as Kind[]).sort((a, b) => count(b) - count(a))[0]!;
  if (count(kind) === 0) {
    throw new DataError(
      "Cannot inspect the folder: it holds no images, sounds or texts, nor the files of CIFAR",
      {
        file: folder,
        hint: `ends of names: ${
          Object.values(kinds).flat().join(", ")
        }; name a file to look into it`,
      },
    );
  }
  const files = all.filter((file) => file.kind === kind);
  const classes = own.length > 0
    ? undefined
    : [...new Set(files.map(({ className }) => className!))];
  return { folder, kind, files, classes };
}

/** So many items, as far from each other as can be. */
function spread<T>(items: readonly T[], most: number): readonly T[] {
  if (items.length <= most) return items;
  return Array.from({ length: most }, (_, i) => items[Math.floor(i * items.length / most)]!);
}

/** The files of each class. */
function classColumn({ files }: Found): ColumnSummary {
  const column = new ColumnSummarizer("class");
  for (const { className } of files) column.add(className);
  return column.finish(files.length);
}

/** What is found in some files of a kind, and the stage that loads all of them. */
const lookInto: Readonly<
  Record<
    Kind,
    (
      found: Found & { readonly others: readonly OtherSplit[] },
      paths: readonly string[],
    ) => Promise<Pick<FileSummary, "columns" | "stage">>
  >
> = {
  async images({ folder, classes, others }, paths) {
    const [size, colour, pixels] = columnsOf("size", "colour", "pixels");
    const sizes = new Counts<{ readonly width: number; readonly height: number }>();
    let elements = 0;
    let channels: 1 | 3 = 1;
    for (const path of paths) {
      const { bytes, file } = await readBytes(path);
      const image = await decodeImage(bytes, file);
      const { width, height } = image;
      size.add(`${width} by ${height}`);
      sizes.add(`${width} ${height}`, { width, height });
      colour.add(channelsText(image.channels));
      if (image.channels === 3) channels = 3;
      for (const value of spread(image.data as unknown as number[], 4096)) {
        pixels.add(value);
        elements++;
      }
    }
    const { width, height } = sizes.commonest();
    return {
      columns: [size.finish(paths.length), colour.finish(paths.length), pixels.finish(elements)],
      stage: mediaStage({
        loader: "imageFolder",
        folder,
        ...otherFolders(others),
        height,
        width,
        channels,
        classes,
        ...(sizes.size > 1 ? { fit: "crop" } : {}),
      }),
    };
  },

  async sounds({ folder, classes, others }, paths) {
    const [rate, channels, length, samples] = columnsOf(
      "sampleRate",
      "channels",
      "length",
      "samples",
    );
    const rates = new Counts<number>();
    let elements = 0;
    let longest = 0;
    const lengths: { readonly frames: number; readonly sampleRate: number }[] = [];
    for (const path of paths) {
      const { bytes, file } = await readBytes(path);
      const sound = parseWav(bytes, file);
      const frames = framesOf(sound);
      rate.add(sound.sampleRate);
      rates.add(String(sound.sampleRate), sound.sampleRate);
      channels.add(sound.channels);
      length.add(frames);
      lengths.push({ frames, sampleRate: sound.sampleRate });
      for (const value of spread(sound.samples as unknown as number[], 4096)) {
        samples.add(value);
        elements++;
      }
    }
    const sampleRate = rates.commonest();
    for (const { frames, sampleRate: own } of lengths) {
      longest = Math.max(longest, Math.ceil(frames * sampleRate / own));
    }
    const count = paths.length;
    return {
      columns: [
        rate.finish(count),
        channels.finish(count),
        length.finish(count),
        samples.finish(elements),
      ],
      stage: mediaStage({
        loader: "soundFolder",
        folder,
        ...otherFolders(others),
        samples: longest,
        sampleRate,
        classes,
        ...(rates.size > 1 ? { otherRate: "resample" } : {}),
      }),
    };
  },

  async texts({ folder, classes, others }, paths) {
    const [bytes] = columnsOf("bytes");
    let longest = 1;
    for (const path of paths) {
      const { bytes: text } = await readBytes(path);
      bytes.add(text.length);
      longest = Math.max(longest, classes === undefined ? longestLine(text) : text.length);
    }
    return {
      columns: [bytes.finish(paths.length)],
      stage: textsStage(folder, {
        classes,
        longest,
        first: paths[0]!,
        splits: otherFolders(others),
      }),
    };
  },
};

function columnsOf<const N extends readonly string[]>(
  ...names: N
): { readonly [i in keyof N]: ColumnSummarizer } {
  return names.map((name) => new ColumnSummarizer(name)) as unknown as {
    readonly [i in keyof N]: ColumnSummarizer;
  };
}

/** Bytes of the longest line. */
function longestLine(text: Uint8Array): number {
  let longest = 0;
  for (let begin = 0; begin < text.length;) {
    const end = text.indexOf(0x0a, begin);
    longest = Math.max(longest, (end < 0 ? text.length : end) - begin);
    begin = end < 0 ? text.length : end + 1;
  }
  return longest;
}

/** How often values occur. */
class Counts<T> {
  readonly #counts = new Map<string, { readonly value: T; count: number }>();

  get size(): number {
    return this.#counts.size;
  }

  add(key: string, value: T): void {
    const known = this.#counts.get(key);
    if (known === undefined) this.#counts.set(key, { value, count: 1 });
    else known.count++;
  }

  commonest(): T {
    return [...this.#counts.values()].sort((a, b) => b.count - a.count)[0]!.value;
  }
}

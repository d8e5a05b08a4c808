/**
 * Texts with a class each, in a table or in folders.
 *
 * @module
 */
import { z } from "zod";
import {
  type ClassLabels,
  DataError,
  type DataPort,
  defineLoader,
  fileError,
  formatAmount,
  isFolder,
  lazySchema,
  locate,
  readCsv,
  type RowSource,
  type Schema,
  type Text,
} from "../../core/mod.ts";
import { allocateColumns, labelDType, memoryRows } from "./memory_rows.ts";

/** Options of {@linkcode labelledTexts}. */
export interface LabelledTextsOptions<
  C extends readonly string[] = readonly string[],
  L extends number = number,
> {
  /** A CSV file, or a folder of folders of text files; also in an npm package, as `csv()` takes it. */
  readonly path: string;
  /** The classes in the order of their numbers. */
  readonly classes: C;
  /** Bytes of a text at most, what is behind is left out. Default 4096. */
  readonly length?: L | undefined;
  /** Whether texts are mails, of which the header is left out. Default false. */
  readonly mails?: boolean | undefined;
  /** Column of the texts in a CSV file. Default `"text"`. */
  readonly textColumn?: string | undefined;
  /** Column of the classes in a CSV file. Default `"label"`. */
  readonly labelColumn?: string | undefined;
}

/** What {@linkcode labelledTexts} gives. */
export type LabelledTexts<C extends readonly string[], L extends number> = {
  /** The texts. */
  readonly text: Text<L>;
  /** Their classes. */
  readonly label: ClassLabels<"batch", C["length"]>;
};

interface LabelledTextsConfig {
  readonly path: string;
  readonly classes: readonly string[];
  readonly length: number;
  readonly mails: boolean;
  readonly textColumn: string;
  readonly labelColumn: string;
}

const config: Schema<LabelledTextsOptions, LabelledTextsConfig> = lazySchema(() =>
  z.strictObject({
    path: z.string().min(1).describe("A CSV file, or a folder of folders of text files"),
    classes: z.array(z.string().min(1)).min(1).readonly().describe(
      "The classes in the order of their numbers",
    ),
    length: z.int().min(1).max(1 << 24).default(4096).describe("Bytes of a text at most"),
    mails: z.boolean().default(false).describe("Whether texts are mails, without their header"),
    textColumn: z.string().min(1).default("text").describe("Column of the texts in a CSV file"),
    labelColumn: z.string().min(1).default("label").describe("Column of the classes in a CSV file"),
  })
);

const stage = defineLoader<LabelledTexts<readonly string[], number>>()({
  name: "labelledTexts",
  kind: "loader",
  family: "loader",
  config,
  ports: portsOf,
  async open({ config, split, tell }) {
    if (split !== "train") return null;
    const place = await locate(config.path, tell);
    const texts = await isFolder(place, config.path)
      ? await textsOfFolders(place, config)
      : await textsOfTable(place, config);
    return rowsOf(texts, config);
  },
});

function portsOf(
  { classes, length, textColumn, labelColumn }: LabelledTextsConfig,
): Readonly<Record<"text" | "label", DataPort>> {
  return {
    text: {
      kind: "tensor",
      dtype: "u8",
      shape: [length],
      encoding: "utf-8",
      columns: [textColumn],
    },
    label: {
      kind: "labels",
      dtype: labelDType(classes.length),
      classes: classes.length,
      names: classes,
      column: labelColumn,
    },
  };
}

/** Texts as bytes of UTF-8, each with its class number. */
interface Labelled {
  readonly bytes: readonly Uint8Array[];
  readonly classes: ArrayLike<number>;
}

async function textsOfTable(
  path: string | URL,
  { textColumn, labelColumn, classes }: LabelledTextsConfig,
): Promise<Labelled> {
  const { columns } = await readCsv(path, {
    columns: [
      { name: textColumn, type: "text" },
      { name: labelColumn, type: "category", categories: classes },
    ],
  });
  const encoder = new TextEncoder();
  const texts = columns[textColumn] as readonly string[];
  const { codes } = columns[labelColumn] as { readonly codes: Int32Array };
  return { bytes: texts.map((text) => encoder.encode(text)), classes: codes };
}

async function textsOfFolders(
  path: string | URL,
  { classes, length, path: shown }: LabelledTextsConfig,
): Promise<Labelled> {
  const root = path instanceof URL ? new URL(`${path.href}/`) : `${path}/`;
  const at = (...names: readonly string[]) =>
    root instanceof URL
      ? new URL(names.map(encodeURIComponent).join("/"), root)
      : `${root}${names.join("/")}`;
  const bytes: Uint8Array[] = [];
  const numbers: number[] = [];
  // a header of a mail may be long
  const most = length + (1 << 16);
  try {
    for (const folder of await namesIn(root, "isDirectory")) {
      const number = classOf(folder, classes);
      if (number < 0) continue;
      for (const name of await namesIn(at(folder), "isFile")) {
        if (!name.endsWith(".txt")) continue;
        bytes.push(await headOf(at(folder, name), most));
        numbers.push(number);
      }
    }
  } catch (cause) {
    throw fileError("read", shown, cause);
  }
  const missing = classes.find((_, number) => !numbers.includes(number));
  if (missing === undefined) return { bytes, classes: numbers };
  throw new DataError(`Cannot find any text of class "${missing}"`, {
    file: shown,
    hint: `put files .txt into a folder whose name has the word "${missing}", or name a CSV file`,
  });
}

/** The class that is a word of a folder's name, as `ham` is of `easy-ham-1`. */
function classOf(folder: string, classes: readonly string[]): number {
  const words = folder.toLowerCase().split(/[^\p{L}\p{N}]+/u);
  return classes.findIndex((name) => name === folder || words.includes(name.toLowerCase()));
}

async function namesIn(folder: string | URL, kind: "isFile" | "isDirectory"): Promise<string[]> {
  const names: string[] = [];
  for await (const entry of Deno.readDir(folder)) if (entry[kind]) names.push(entry.name);
  return names.sort();
}

async function headOf(path: string | URL, most: number): Promise<Uint8Array> {
  using file = await Deno.open(path);
  const head = new Uint8Array(Math.min(most, (await file.stat()).size));
  let length = 0;
  while (length < head.length) {
    const count = await file.read(head.subarray(length));
    if (count === null) break;
    length += count;
  }
  return head.subarray(0, length);
}

function rowsOf({ bytes, classes }: Labelled, config: LabelledTextsConfig): RowSource {
  const { length, mails, path } = config;
  if (bytes.length === 0) {
    throw new DataError(`Cannot train on ${formatAmount(0, "text")}`, { file: path });
  }
  const ports = portsOf(config);
  const columns = allocateColumns(ports, bytes.length);
  bytes.forEach((all, row) => {
    const text = wellFormed(mails ? bodyOf(all) : all);
    columns.text!.set(text.subarray(0, endOf(text, length)), row * length);
    columns.label![row] = classes[row]!;
  });
  return memoryRows({ ports, columns });
}

/** What follows the first empty line. */
function bodyOf(mail: Uint8Array): Uint8Array {
  for (let i = 0; i + 1 < mail.length; i++) {
    if (mail[i] !== 10) continue;
    const next = mail[i + 1] === 13 ? i + 2 : i + 1;
    if (mail[next] === 10) return mail.subarray(next + 1);
  }
  return mail;
}

/** UTF-8 without zeros, which would end the text; bytes that are none become a mark. */
function wellFormed(bytes: Uint8Array): Uint8Array {
  const text = new TextDecoder().decode(bytes);
  return new TextEncoder().encode(text.replaceAll("\0", " "));
}

/** The most bytes up to a length that cut no character. */
function endOf(text: Uint8Array, length: number): number {
  if (text.length <= length) return text.length;
  let end = length;
  while (end > 0 && (text[end]! & 0xc0) === 0x80) end--;
  return end;
}

/**
 * Loads texts with a class each, of mails, reviews or whatever: from a CSV file with a column of texts
 * and one of classes, or from a folder with a folder for each class, of files `.txt`. A folder is of the
 * class that is a word of its name (`ham` of `easy-ham-1`); other folders are passed over. All rows are
 * training rows: `split()` sets some apart.
 *
 * Shapes: text `u8[batch, length]` (UTF-8, cut between characters), label `[batch]`
 *
 * Counterparts: Keras `utils.text_dataset_from_directory`; PyTorch none; TensorFlow.js none
 *
 * @returns The handles `text` and `label`.
 * @throws {DataError} When the file or folder is missing or malformed, or has no text of a class, as
 * the data is opened.
 *
 * @example
 * ```ts
 * import { labelledTexts } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const reviews = labelledTexts({ path: "reviews.csv", classes: ["negative", "positive"] });
 * assertEquals(reviews.text.port, "text"); // u8[batch, 4096], 2 classes
 * ```
 */
export function labelledTexts<
  const C extends readonly string[],
  const L extends number = 4096,
>(options: LabelledTextsOptions<C, L>): LabelledTexts<C, L> {
  return stage(options) as unknown as LabelledTexts<C, L>;
}

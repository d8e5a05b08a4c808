/**
 * Texts with a class each, in a table or in folders.
 *
 * @module
 */
import { z } from "zod";
import {
  type ClassLabels,
  type DataPort,
  defineLoader,
  fileName,
  isFolder,
  lazySchema,
  locate,
  type OpenContext,
  type RowSource,
  type Schema,
  type Text,
} from "../../core/mod.ts";
import { classFiles } from "./class_folders.ts";
import { openCsv } from "./csv.ts";
import { cachedFileRows, givenFileRows } from "./file_rows.ts";
import { memoryFields, type MemoryOptions } from "./fixed_rows.ts";
import { type InvalidConfig, invalidFields, type InvalidOptions, RowChecks } from "./row_checks.ts";
import { placeOf, splitFields, type SplitPlaces } from "./split_files.ts";
import { cleanText, type TextForm, textLoader, textModule, textPorts } from "./text_file_rows.ts";

/** Options of {@linkcode labelledTexts}. */
export interface LabelledTextsOptions<
  C extends readonly string[] = readonly string[],
  L extends number = number,
> extends SplitPlaces, MemoryOptions, InvalidOptions {
  /**
   * Where the texts of the training split are: a CSV file, or a folder of folders of text files; on this machine, in an npm package, on the web or in
   * an archive, as of {@linkcode csv}.
   */
  readonly path: string;
  /** The classes in the order of their numbers. */
  readonly classes: C;
  /** Bytes of a text at most, what is behind is left out. Default 4096. */
  readonly length?: L | undefined;
  /** Whether texts are mails, of which the header is left out. Default false. */
  readonly mails?: boolean | undefined;
  /**
   * Whether a text of nothing but space, of a mail without its header, is a row (the default), or one that
   * cannot be used.
   */
  readonly blank?: "keep" | "fail" | undefined;
  /**
   * Whether bytes that are not UTF-8 become marks (U+FFFD), or their text cannot be used. Default
   * `"replace"` for mails, which are of many encodings, else `"fail"`.
   */
  readonly otherBytes?: "replace" | "fail" | undefined;
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

interface LabelledTextsConfig extends SplitPlaces, InvalidConfig {
  readonly path: string;
  readonly classes: readonly string[];
  readonly length: number;
  readonly mails: boolean;
  readonly blank: "keep" | "fail";
  readonly otherBytes?: "replace" | "fail" | undefined;
  readonly textColumn: string;
  readonly labelColumn: string;
  readonly memoryBytes: number;
}

const config: Schema<LabelledTextsOptions, LabelledTextsConfig> = lazySchema(() =>
  z.strictObject({
    path: z.string().min(1).describe("A CSV file, or a folder of folders of text files"),
    ...splitFields("A CSV file, or a folder, with the texts"),
    classes: z.array(z.string().min(1)).min(1).readonly().describe(
      "The classes in the order of their numbers",
    ),
    length: z.int().min(1).max(1 << 24).default(4096).describe("Bytes of a text at most"),
    mails: z.boolean().default(false).describe("Whether texts are mails, without their header"),
    blank: z.enum(["keep", "fail"]).default("keep").describe(
      "Whether a text of nothing but space is a row, or one that cannot be used",
    ),
    otherBytes: z.enum(["replace", "fail"]).optional().describe(
      "Whether bytes that are not UTF-8 become marks, or their text cannot be used",
    ),
    textColumn: z.string().min(1).default("text").describe("Column of the texts in a CSV file"),
    labelColumn: z.string().min(1).default("label").describe("Column of the classes in a CSV file"),
    ...memoryFields,
    ...invalidFields(),
  }).refine(({ textColumn, labelColumn }) => textColumn !== labelColumn, {
    path: ["labelColumn"],
    error: "expected another column than that of the texts",
  })
);

const extensions = [".txt"];

const stage = defineLoader<LabelledTexts<readonly string[], number>>()({
  name: "labelledTexts",
  kind: "loader",
  family: "loader",
  config,
  ports: portsOf,
  async open(context) {
    const { config, split, tell } = context;
    const path = placeOf(split, config.path, config);
    if (path === undefined) return null;
    const place = await locate(path, tell);
    return await isFolder(place, path)
      ? await rowsOfFolder(fileName(place).replace(/[/\\]+$/, ""), context)
      : await rowsOfTable(place, context);
  },
  records: {
    extensions,
    open(config, files) {
      const form = formOf(config);
      const load = textLoader({ form, files, classes: new Int32Array(files.length) });
      return givenFileRows({ ports: textPorts(form), files, load });
    },
    textOf: (config, text, place) => cleanText(text, config, place),
  },
});

function portsOf(
  config: LabelledTextsConfig,
): Readonly<Record<"text" | "label", DataPort>> {
  const { text, label } = textPorts(config);
  return {
    text: { ...text, columns: [config.textColumn] },
    label: { ...label, column: config.labelColumn },
  };
}

function formOf({ length, classes, mails, blank, otherBytes }: LabelledTextsConfig): TextForm {
  return { length, classes, mails, blank, otherBytes: otherBytes ?? (mails ? "replace" : "fail") };
}

async function rowsOfFolder(
  folder: string,
  { config, limit, byWorkers }: OpenContext<LabelledTextsConfig>,
): Promise<RowSource> {
  const { classes, memoryBytes } = config;
  const form = formOf(config);
  const checks = new RowChecks(config);
  const spare = checks.mayDrop;
  const found = await classFiles(folder, { classes, named: "by a word", extensions, limit, spare });
  const texts = { ...found, form };
  return await cachedFileRows({
    ...found,
    ports: textPorts(form),
    folder,
    checks,
    memoryBytes,
    load: textLoader(texts),
    inWorkers: (kept) => ({ module: textModule, given: { texts, kept } }),
  }, { limit, byWorkers });
}

async function rowsOfTable(
  path: string | URL,
  { config, limit }: OpenContext<LabelledTextsConfig>,
): Promise<RowSource> {
  const { textColumn, labelColumn, memoryBytes, invalid, mostInvalid } = config;
  const { length, classes, otherBytes, ...form } = formOf(config);
  const table = await openCsv({
    path: config.path,
    header: true,
    features: [],
    targets: [],
    columns: { [textColumn]: { text: length, longer: "cut" }, [labelColumn]: { classes } },
    missing: "fail",
    memoryBytes,
    invalid,
    mostInvalid,
  }, {
    path,
    limit,
    replaces: otherBytes === "replace",
    change: (text, place) => place.column === textColumn ? cleanText(text, form, place) : text,
  });
  return renamed(table, { text: textColumn, label: labelColumn });
}

/** Rows of a source whose ports have other names. */
function renamed(source: RowSource, names: Readonly<Record<string, string>>): RowSource {
  const { rows, blocks, invalid } = source;
  return {
    rows,
    ...(blocks === undefined ? {} : { blocks }),
    ...(invalid === undefined ? {} : { invalid }),
    get fingerprint() {
      return source.fingerprint;
    },
    read: (rows, into) =>
      source.read(
        rows,
        Object.fromEntries(
          Object.entries(into).map(([name, elements]) => [names[name]!, elements]),
        ),
      ),
    close: () => source.close?.(),
  };
}

/**
 * Loads texts with a class each, of mails, reviews or whatever: from a CSV file with a column of texts
 * and one of classes, or from a folder with a folder for each class, of files `.txt`. A folder is of the
 * class that is a word of its name (`ham` of `easy-ham-1`); other folders are passed over. All rows are
 * training rows: `split()` sets some apart. A table is read as {@linkcode csv} reads it, and a folder as
 * {@linkcode imageFolder}: with a `limit`, so many texts are read, of a folder from each class in turn. To
 * predict from, a file `.txt` is given, or a folder of such: `deno task predict spam.ts --input mail.txt`.
 *
 * Shapes: text `u8[batch, length]` (UTF-8, cut between characters), label `[batch]`
 *
 * Counterparts: Keras `utils.text_dataset_from_directory`; PyTorch none; TensorFlow.js none
 *
 * @returns The handles `text` and `label`.
 * @throws {DataError} As the data is opened, when the file or folder is missing or malformed, there is no
 * folder of a class, or a text of a table cannot be used; when one of a folder cannot, as it is read.
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

/**
 * The loading stage that a user may write for a file, by what is in it.
 *
 * @module
 */
import type { DType, Shape } from "../../tensor/mod.ts";
import type { ColumnSummary } from "./summarize_column.ts";

/**
 * A stage for a table: numbers are features, few texts are classes, others are text. Features that are
 * missing are filled in by a second stage; rows without what is to be predicted are left out.
 */
export function tableStage(
  file: string,
  { format, separator, columns }: {
    readonly format: "csv" | "jsonl" | "text" | "parquet" | "arrow";
    readonly separator: string;
    readonly columns: readonly ColumnSummary[];
  },
): string {
  const path = JSON.stringify(file);
  if (format === "text") {
    return `const text = textLines({ path: ${path}, bytes: ${columns[0]?.longestBytes ?? 1} });`;
  }
  const isNumber = ({ type }: ColumnSummary) => type === "number" || type === "whole number";
  const numbers = columns.filter(isNumber).map(({ name }) => name);
  const classes = columns.filter((column) => isClasses(column));
  // what is to be predicted stands last in most tables
  const label = classes.length > 0 && classes.at(-1) === columns.at(-1)
    ? classes.at(-1)
    : undefined;
  const target =
    label === undefined && columns.length > 1 && numbers.at(-1) === columns.at(-1)?.name
      ? numbers.at(-1)
      : undefined;
  const features = numbers.filter((name) => name !== target);
  const lines = [
    `path: ${path},`,
    ...(separator === "," || /\.(?:tsv|tab)$/i.test(file) || format !== "csv"
      ? []
      : [`separator: ${JSON.stringify(separator)},`]),
    ...(features.length === 0 ? [] : [`features: ${list(features)},`]),
    ...(target === undefined ? [] : [`targets: ${list([target])},`]),
    ...(label === undefined
      ? []
      : [`label: { column: ${JSON.stringify(label.name)}, classes: ${list(label.values!)} },`]),
    ...otherColumns(columns.filter((column) => !isNumber(column) && column !== label)),
    ...missingLines(columns, { features, target }),
  ];
  const name = format === "jsonl" ? "jsonLines" : format;
  const filled = lines.includes(missingAsNan)
    ? "\nconst features = impute()(table.features); // the mean, where a number is missing"
    : "";
  return `const table = ${name}({\n${lines.map((line) => `  ${line}`).join("\n")}\n});${filled}`;
}

const missingAsNan = 'missing: "nan",';
/** Share of rows that loaders leave out before they call it an error. */
const fewRows = 0.1;

/** What is said of missing numbers. */
function missingLines(
  columns: readonly ColumnSummary[],
  { features, target }: {
    readonly features: readonly string[];
    readonly target: string | undefined;
  },
): string[] {
  const gaps = columns.filter(({ missing }) => missing > 0);
  const isFilled = gaps.some(({ name }) => features.includes(name));
  const lines = isFilled ? [missingAsNan] : [];
  const wanted = gaps.find(({ name }) => name === target);
  if (wanted === undefined) return lines;
  const { name, missing, present } = wanted;
  if (isFilled) lines.push(`rules: { ${keyOf(name)}: { required: true } },`);
  lines.push('invalid: "drop",');
  const share = missing / (missing + present);
  if (share >= fewRows) {
    lines.push(`mostInvalid: ${Math.min(0.99, Math.ceil(share * 20 + 1) / 20)},`);
  }
  return lines;
}

/** A name as a key of an object. */
function keyOf(name: string): string {
  return /^[\p{L}_$][\p{L}\d_$]*$/u.test(name) ? name : JSON.stringify(name);
}

/** Texts of which there are few, each several times. */
function isClasses({ type, values, distinct, missing, present }: ColumnSummary): boolean {
  return type === "text" && values !== undefined && distinct! >= 2 && missing === 0 &&
    values.length <= 20 && 2 * distinct! <= present;
}

function otherColumns(columns: readonly ColumnSummary[]): string[] {
  const entries = columns.flatMap((column) => {
    const key = keyOf(column.name);
    if (isClasses(column)) return [`${key}: { classes: ${list(column.values!)} },`];
    if (column.type === "text") return [`${key}: { text: ${column.longestBytes} },`];
    if (column.listLength !== undefined) return [`${key}: { shape: [${column.listLength}] },`];
    return [];
  });
  return entries.length === 0 ? [] : ["columns: {", ...entries.map((line) => `  ${line}`), "},"];
}

function list(items: readonly string[]): string {
  return `[${items.map((item) => JSON.stringify(item)).join(", ")}]`;
}

/** A stage for a folder of images or sounds; classes that are not known are left out. */
export function mediaStage(
  { loader, classes, ...options }: {
    readonly loader: "imageFolder" | "soundFolder";
    readonly folder: string;
    readonly classes?: readonly string[] | undefined;
    readonly [option: string]: string | number | readonly string[] | undefined;
  },
): string {
  const lines = Object.entries({ ...options, classes }).flatMap(([name, value]) =>
    value === undefined
      ? []
      : [`  ${name}: ${Array.isArray(value) ? list(value) : JSON.stringify(value)},\n`]
  );
  const name = loader === "imageFolder" ? "images" : "sounds";
  return `const ${name} = ${loader}({\n${lines.join("")}});`;
}

/** A stage for texts in files: labelled by their folders, or the lines of the first. */
export function textsStage(
  folder: string,
  { classes, longest, first }: {
    readonly classes: readonly string[] | undefined;
    /** Bytes of the longest text; of the longest line, where there are no classes. */
    readonly longest: number;
    /** Path of the first file. */
    readonly first: string;
  },
): string {
  return classes === undefined
    ? `const text = textLines({ path: ${JSON.stringify(first)}, bytes: ${longest} });`
    : `const texts = labelledTexts({
  path: ${JSON.stringify(folder)},
  classes: ${list(classes)},
  length: ${longest},
});`;
}

/** An array of a file or an archive. */
export interface FoundArray {
  /** The file, and the name of the array in an archive: `"mnist.npz#x_train"`. */
  readonly file: string;
  readonly dtype: DType;
  readonly rows: number;
  readonly rowShape: Shape;
  readonly summary: ColumnSummary;
}

/**
 * A stage for arrays of as many rows: those called "train", else those with most; those called "test"
 * alike are the test split. Whole numbers of one axis that are few are classes.
 */
export function arrayStage(arrays: readonly FoundArray[]): string {
  const named = arrays.filter(({ file }) => arrayName(file).includes("train"));
  const rows = Math.max(...(named.length > 0 ? named : arrays).map(({ rows }) => rows));
  const chosen = (named.length > 0 ? named : arrays).filter((array) => array.rows === rows);
  const pairs = chosen.map((array) => ({
    array,
    test: named.length === 0
      ? undefined
      : arrays.find(({ file }) =>
        arrayName(file) === arrayName(array.file).replace("train", "test")
      ),
  }));
  const ports = portNames(chosen);
  const lines = pairs.map(({ array: { file, dtype, rowShape, summary }, test }, i) => {
    const isLabels = rowShape.length === 0 && dtype !== "f32" && (summary.min ?? -1) >= 0 &&
      summary.max! < 1000;
    const options = isLabels
      ? `classes: ${Math.max(summary.max!, test?.summary.max ?? 0) + 1}`
      : `shape: [${rowShape.join(", ")}]${dtype === "f32" ? "" : `, dtype: "${dtype}"`}`;
    return `  ${ports[i]}: { file: ${JSON.stringify(file)}, ${options} },`;
  });
  const tests = pairs.flatMap(({ test }, i) =>
    test === undefined ? [] : [`${ports[i]}: ${JSON.stringify(test.file)}`]
  );
  const options = tests.length < pairs.length ? "" : `, { test: { ${tests.join(", ")} } }`;
  return `const arrays = npy({\n${lines.join("\n")}\n}${options});`;
}

/** What an array is called in its archive, or its file. */
function arrayName(file: string): string {
  return /#(.*)$/.exec(file)?.[1] ?? file;
}

/** Names of ports: those of the arrays, without the word "train", as far as they may be keys. */
function portNames(arrays: readonly FoundArray[]): readonly string[] {
  if (arrays.length === 1 && !arrays[0]!.file.includes("#")) return ["values"];
  const names = arrays.map(({ file }) => arrayName(file));
  const short = names.map((name) => name.replace(/_?train_?/, ""));
  const isClear = new Set(short).size === short.length && !short.includes("");
  return (isClear ? short : names).map(keyOf);
}

/** Two files of IDX. */
export interface IdxPair {
  readonly images: string;
  readonly labels: string;
}

/** A stage for images and their labels in IDX; what is not known is left for the user to say. */
export function idxStage(
  { images, labels, shape, classes, test }: Partial<IdxPair> & {
    readonly shape?: Shape | undefined;
    readonly classes?: number | undefined;
    /** The files of the test split. */
    readonly test?: IdxPair | undefined;
  },
): string {
  const path = (file: string | undefined, what: string) =>
    file === undefined ? `"?", // the file of the ${what}` : `${JSON.stringify(file)},`;
  const lines = [
    `images: ${path(images, "images")}`,
    `labels: ${path(labels, "labels")}`,
    shape === undefined ? "shape: [28, 28], // of one image" : `shape: [${shape.join(", ")}],`,
    classes === undefined ? "classes: 10, // or as many as there are" : `classes: ${classes},`,
    ...(test === undefined ? [] : [
      "test: {",
      `  images: ${path(test.images, "images")}`,
      `  labels: ${path(test.labels, "labels")}`,
      "},",
    ]),
  ];
  return `const examples = idx({\n${lines.map((line) => `  ${line}`).join("\n")}\n});`;
}

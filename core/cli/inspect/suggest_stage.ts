/**
 * The loading stage that a user may write for a file, by what is in it.
 *
 * @module
 */
import { formatAmount } from "../../format.ts";
import type { DType, Shape } from "../../tensor/mod.ts";
import type { ColumnSummary } from "./summarize_column.ts";

/**
 * A stage for a table: numbers are features, few texts are classes, others are text, and so are dates; a
 * comment names what is left out. Features that are missing are filled in by a second stage; rows
 * without what is to be predicted are left out.
 */
export function tableStage(
  file: string,
  { format, separator, columns, note }: {
    readonly format: "csv" | "jsonl" | "text" | "parquet" | "arrow";
    readonly separator: string;
    readonly columns: readonly ColumnSummary[];
    /** A line of comment. */
    readonly note?: string | undefined;
  },
): string {
  const path = JSON.stringify(file);
  if (format === "text") {
    return `const text = textLines({ path: ${path}, bytes: ${columns[0]?.longestBytes ?? 1} });`;
  }
  const isNumber = ({ type }: ColumnSummary) => numberTypes.includes(type);
  const last = columns.at(-1);
  // what is to be predicted stands last in most tables
  const label = last !== undefined && isClasses(last, { isLabel: true }) ? last : undefined;
  const numbers = columns.filter((column) => isNumber(column) && column !== label)
    .map(({ name }) => name);
  const target = label === undefined && columns.length > 1 && numbers.at(-1) === last?.name
    ? last?.name
    : undefined;
  const features = numbers.filter((name) => name !== target);
  const others = columns.filter((column) => !isNumber(column) && column !== label)
    .map((column) => ({ column, declared: declaredAs(column) }));
  const lists = others.flatMap(({ column }) => column.shape === undefined ? [] : [column]);
  const leftOut = others.filter(({ declared }) => declared === undefined)
    .map(({ column: { name, type } }) => `${JSON.stringify(name)} (${type})`);
  const comment = leftOut.length === 0
    ? []
    : [`// left out: ${leftOut.join(", ").replaceAll(/[\u2028\u2029]/g, " ")}`];
  if (leftOut.length === columns.length) {
    return [...comment, "// there is no column that a loader reads"].join("\n");
  }
  const lines = [
    `path: ${path},`,
    ...(note === undefined ? [] : [`// ${note}`]),
    ...(separator === "," || /\.(?:tsv|tab)$/i.test(file) || format !== "csv"
      ? []
      : [`separator: ${JSON.stringify(separator)},`]),
    ...(features.length === 0 ? [] : [`features: ${list(features)},`]),
    ...(target === undefined ? [] : [`targets: ${list([target])},`]),
    ...(label === undefined
      ? []
      : [`label: { column: ${JSON.stringify(label.name)}, classes: ${list(label.values!)} },`]),
    ...otherColumns(others),
    ...missingLines(columns, { features, target, needed: [label, ...lists] }),
    ...comment,
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

/** What is said of missing values. */
function missingLines(
  columns: readonly ColumnSummary[],
  { features, target, needed }: {
    readonly features: readonly string[];
    readonly target: string | undefined;
    /** Columns of which nothing stands for a missing value. */
    readonly needed: readonly (ColumnSummary | undefined)[];
  },
): string[] {
  const gaps = columns.filter(({ missing }) => missing > 0);
  const isFilled = gaps.some(({ name }) => features.includes(name));
  const lines = isFilled ? [missingAsNan] : [];
  const wanted = gaps.filter((column) => column.name === target || needed.includes(column));
  if (wanted.length === 0) return lines;
  if (isFilled && wanted.some(({ name }) => name === target)) {
    lines.push(`rules: { ${keyOf(target!)}: { required: true } },`);
  }
  lines.push('invalid: "drop",');
  const share = wanted.reduce(
    (sum, { missing, present }) => sum + missing / (missing + present),
    0,
  );
  if (share >= fewRows) {
    lines.push(`mostInvalid: ${Math.min(0.99, Math.ceil(share * 20 + 1) / 20)},`);
  }
  return lines;
}

/** A name as a key of an object. */
function keyOf(name: string): string {
  return /^[\p{L}_$][\p{L}\d_$]*$/u.test(name) ? name : JSON.stringify(name);
}

/** Types that are read as numbers; booleans are 0 and 1. */
const numberTypes = ["number", "whole number", "boolean"];

/**
 * Texts of which there are few, each several times. What is to be predicted may be a boolean, too, and
 * rows without it are left out.
 */
function isClasses(
  { type, values, distinct, missing, present }: ColumnSummary,
  { isLabel = false } = {},
): boolean {
  return (type === "text" || isLabel && type === "boolean") && (isLabel || missing === 0) &&
    values !== undefined && distinct! >= 2 && values.length <= 20 && 2 * distinct! <= present;
}

/** How a column is declared that is no number; `undefined` where it cannot be. */
function declaredAs(column: ColumnSummary): string | undefined {
  if (isClasses(column)) return `{ classes: ${list(column.values!)} }`;
  if (column.type === "text" || column.type === "date") return `{ text: ${column.longestBytes} }`;
  return column.shape === undefined ? undefined : `{ shape: [${column.shape.join(", ")}] }`;
}

function otherColumns(
  columns: readonly { readonly column: ColumnSummary; readonly declared: string | undefined }[],
): string[] {
  const entries = columns.flatMap(({ column: { name, type }, declared }) =>
    declared === undefined
      ? []
      : [`${keyOf(name)}: ${declared},${type === "date" ? " // a date, by ISO 8601" : ""}`]
  );
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
  { classes, longest, first, splits }: {
    readonly classes: readonly string[] | undefined;
    /** Bytes of the longest text; of the longest line, where there are no classes. */
    readonly longest: number;
    /** Path of the first file. */
    readonly first: string;
    /** Folders of the other splits, by name. */
    readonly splits: Readonly<Record<string, string>>;
  },
): string {
  if (classes === undefined) {
    return `const text = textLines({ path: ${JSON.stringify(first)}, bytes: ${longest} });`;
  }
  const others = Object.entries(splits)
    .map(([split, folder]) => `  ${split}: ${JSON.stringify(folder)},\n`);
  return `const texts = labelledTexts({
  path: ${JSON.stringify(folder)},
${others.join("")}  classes: ${list(classes)},
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
  const isTested = tests.length === pairs.length;
  const leftOut = arrays.filter((array) =>
    !pairs.some(({ array: chosen, test }) => array === chosen || isTested && array === test)
  ).map(({ file, rows }) => `${JSON.stringify(arrayName(file))} (${formatAmount(rows, "row")})`);
  const comment = leftOut.length === 0 ? "" : `\n  // left out: ${leftOut.join(", ")}`;
  const options = isTested ? `, { test: { ${tests.join(", ")} } }` : "";
  return `const arrays = npy({\n${lines.join("\n")}${comment}\n}${options});`;
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

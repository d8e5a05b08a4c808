/**
 * The loading stage that a user may write for a file, by what is in it.
 *
 * @module
 */
import { type DType, type Shape, sizeOf } from "../../tensor/mod.ts";
import type { ColumnSummary } from "./summarize_column.ts";

/** A stage for a table: numbers are features, few texts are classes, others are text. */
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
    ...(columns.some((column) => isNumber(column) && column.missing > 0)
      ? ['missing: "nan",']
      : []),
  ];
  const name = format === "jsonl" ? "jsonLines" : format;
  return `const table = ${name}({\n${lines.map((line) => `  ${line}`).join("\n")}\n});`;
}

/** Texts of which there are few, each several times. */
function isClasses({ type, values, distinct, missing, present }: ColumnSummary): boolean {
  return type === "text" && values !== undefined && distinct! >= 2 && missing === 0 &&
    values.length <= 20 && 2 * distinct! <= present;
}

function otherColumns(columns: readonly ColumnSummary[]): string[] {
  const entries = columns.flatMap((column) => {
    const key = /^[\p{L}_$][\p{L}\d_$]*$/u.test(column.name)
      ? column.name
      : JSON.stringify(column.name);
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

/** A stage for arrays: whole numbers of one axis that are few are classes. */
export function arrayStage(
  arrays: readonly {
    readonly file: string;
    readonly dtype: DType;
    readonly rowShape: Shape;
    readonly summary: ColumnSummary;
  }[],
  format: "npy" | "idx",
): string {
  if (format === "idx") {
    const [{ file, rowShape, summary }] = arrays as [typeof arrays[number]];
    const isLabels = rowShape.length === 0;
    return `const examples = idx({
  images: ${JSON.stringify(isLabels ? "…" : file)},
  labels: ${JSON.stringify(isLabels ? file : "…")},
  shape: [${isLabels ? "…" : rowShape.join(", ")}],
  classes: ${isLabels ? (summary.max ?? 0) + 1 : "…"},
});`;
  }
  const lines = arrays.map(({ file, dtype, rowShape, summary }, i) => {
    const isLabels = rowShape.length === 0 && dtype !== "f32" && (summary.min ?? -1) >= 0 &&
      summary.max! < 1000 && sizeOf(rowShape) === 1;
    const options = isLabels
      ? `classes: ${summary.max! + 1}`
      : `shape: [${rowShape.join(", ")}]${dtype === "f32" ? "" : `, dtype: "${dtype}"`}`;
    const name = arrays.length === 1 ? "values" : /#([\p{L}_$][\p{L}\d_$]*)$/u.exec(file)?.[1];
    return `  ${name ?? `array${i + 1}`}: { file: ${JSON.stringify(file)}, ${options} },`;
  });
  return `const arrays = npy({\n${lines.join("\n")}\n});`;
}

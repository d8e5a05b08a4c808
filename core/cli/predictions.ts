/**
 * Predictions as text: CSV with a header, or a JSON object a line.
 *
 * @module
 */
import { type HostTensor, type Shape, sizeOf } from "../tensor/mod.ts";
import type { PredictResult } from "../execute/mod.ts";

/** How predictions are written. */
export const predictionFormats = ["csv", "jsonl"] as const;

/** How predictions are written. */
export type PredictionFormat = typeof predictionFormats[number];

/** Options of `formatPredictions`. */
export interface PredictionOptions {
  readonly format: PredictionFormat;
  /** Adds the class with the highest number of each row, as `class`. */
  readonly classes?: boolean;
  /** The file of each row, which is then told as `file`. */
  readonly files?: readonly string[];
}

/** Renders predictions, some rows at a time. */
export function* formatPredictions(
  result: PredictResult,
  { format, classes = false, files }: PredictionOptions,
): Generator<string> {
  const shape = result.values.shape.slice(1);
  const names = columnNames(result, shape);
  const size = sizeOf(shape);
  if (format === "csv") {
    const first = [...(files === undefined ? [] : ["file"]), ...(classes ? ["class"] : [])];
    yield `${[...first, ...names].map(csvCell).join(",")}\n`;
  }
  let text = "";
  for (let row = 0; row < result.rows; row++) {
    const values = rowValues(result.values, { row, size });
    const best = classes ? classOf(result, values) : undefined;
    const file = files?.[row];
    if (format === "csv") {
      const first = [file, best].filter((cell) => cell !== undefined);
      text += `${[...first.map((cell) => csvCell(String(cell))), ...values].join(",")}\n`;
    } else text += `${jsonLine(result, { values, shape, best, file })}\n`;
    if (text.length >= 65536) {
      yield text;
      text = "";
    }
  }
  if (text !== "") yield text;
}

/** Predictions as data, a value a row: a number, nested arrays, or a record by class or column. */
export function predictionRows(result: PredictResult): readonly unknown[] {
  const shape = result.values.shape.slice(1);
  const size = sizeOf(shape);
  return Array.from(
    { length: result.rows },
    (_, row) => rowData(result, { values: rowValues(result.values, { row, size }), shape }),
  );
}

/** The rows of which a number is NaN. */
export function rowsOfNaN({ values, rows }: Pick<PredictResult, "values" | "rows">): number[] {
  const size = values.data.length / Math.max(1, rows);
  return Array.from({ length: rows }, (_, row) => row)
    .filter((row) => values.data.subarray(row * size, (row + 1) * size).some(Number.isNaN));
}

/** The class with the highest number, by name where names are known; the first of equals. */
export function classOf(
  { names }: Pick<PredictResult, "names">,
  values: readonly number[],
): string | number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i;
  return names?.[best] ?? best;
}

function columnNames({ output, names }: PredictResult, shape: Shape): readonly string[] {
  const size = sizeOf(shape);
  if (shape.length === 1 && names?.length === size) return names;
  if (size === 1) return [output];
  return Array.from({ length: size }, (_, element) => {
    const indices: number[] = [];
    let rest = element;
    for (const axis of shape.toReversed()) {
      indices.unshift(rest % axis);
      rest = Math.floor(rest / axis);
    }
    return [output, ...indices].join("_");
  });
}

function rowValues(
  values: HostTensor,
  { row, size }: { readonly row: number; readonly size: number },
): number[] {
  const numbers = Array.from(values.data.subarray(row * size, (row + 1) * size));
  return values.dtype === "f32" ? numbers.map(shortest) : numbers;
}

/** The number with the fewest digits that is the same f32. */
function shortest(value: number): number {
  if (Number.isInteger(value) || !Number.isFinite(value)) return value;
  const single = Math.fround(value);
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === single) return short;
  }
  return Number(value.toPrecision(9));
}

function csvCell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function jsonLine(
  result: PredictResult,
  { values, shape, best, file }: {
    readonly values: readonly number[];
    readonly shape: Shape;
    readonly best: string | number | undefined;
    readonly file: string | undefined;
  },
): string {
  return JSON.stringify({
    ...(file === undefined ? {} : { file }),
    ...(best === undefined ? {} : { class: best }),
    [result.output]: rowData(result, { values, shape }),
  });
}

function rowData(
  { names }: PredictResult,
  { values, shape }: { readonly values: readonly number[]; readonly shape: Shape },
): unknown {
  if (shape.length === 0) return values[0];
  if (shape.length === 1 && names?.length === values.length) {
    return Object.fromEntries(names.map((name, i) => [name, values[i]]));
  }
  return nested(values, shape);
}

function nested(values: readonly number[], shape: Shape): unknown {
  const [, ...inner] = shape;
  if (inner.length === 0) return values;
  const size = sizeOf(inner);
  return Array.from(
    { length: shape[0]! },
    (_, i) => nested(values.slice(i * size, (i + 1) * size), inner),
  );
}

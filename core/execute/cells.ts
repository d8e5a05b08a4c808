/**
 * Reading the cells of a table into the elements of a port: text of a CSV field, or a value of JSON,
 * Parquet, Arrow or SQL. Loaders of tables read rows so, and `predict` its records.
 *
 * @module
 */
import { DataError, nearestName } from "../errors.ts";
import { type DType, type Elements, sizeOf } from "../tensor/mod.ts";
import { missingTexts, parseDecimal } from "../formats/mod.ts";
import type { DataPort, DataPortOf, RecordPlace } from "../declare/mod.ts";

/** Where a cell is, for messages. */
export type CellPlace = RecordPlace;

/** How cells of a table are read. */
export interface CellOptions {
  /** Whether cells are text that is parsed, as in CSV. */
  readonly isText: boolean;
  /** Texts that stand for a missing number or class. */
  readonly missingTexts?: readonly string[] | undefined;
}

/**
 * Reads a cell.
 *
 * @param target The elements of the port.
 * @param options.at The row of them.
 * @param options.index Which of the port's columns the cell is of.
 * @throws {DataError} When the cell is not what the port carries.
 */
export type ReadCell = (
  target: Elements,
  options: { readonly at: number; readonly index: number; readonly cell: unknown },
  place: () => CellPlace,
) => void;

/** How the cells of a port are read: one for each of its columns, or one that holds all. */
export function cellReader(data: DataPort, options: CellOptions): ReadCell {
  if (data.kind === "labels") return labelReader(data, options);
  if (data.encoding !== undefined) return textReader(data, options);
  return data.columns === undefined ? listReader(data) : numberReader(data, options);
}

/** A value as messages show it: as JSON, but for numbers that JSON does not have. */
export function shown(value: unknown): string {
  const text = textOf(value, 0);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

/** What lies deeper in a value, or behind so many items, is not shown. */
const [mostDepth, mostItems] = [8, 80];

function textOf(value: unknown, depth: number): string {
  if (typeof value === "string") {
    return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
  }
  if (typeof value !== "object" || value === null) return String(value);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "no date" : value.toISOString();
  if (depth === mostDepth) return "…";
  const items = listOf(value);
  const parts = items === undefined
    ? Object.entries(value).slice(0, mostItems).map(([key, item]) =>
      `${JSON.stringify(key)}:${textOf(item, depth + 1)}`
    )
    : Array.from(
      { length: Math.min(items.length, mostItems) },
      (_, i) => textOf(items[i], depth + 1),
    );
  return items === undefined ? `{${parts.join(",")}}` : `[${parts.join(",")}]`;
}

/** What can be done about a value that is missing: NaN stands for a number, and for no class. */
const missingHints = {
  number: 'fill it in, remove the row, leave the column out, or set missing to "nan"',
  class: 'fill it in, leave the column out, or set invalid to "drop", which leaves out such rows',
} as const;

function missingCell(
  value: unknown,
  { of, ...place }: CellPlace & { readonly of: keyof typeof missingHints },
): DataError {
  return new DataError(`Cannot read the field: the value is missing: received ${shown(value)}`, {
    ...place,
    reason: "missing",
    hint: missingHints[of],
  });
}

/**
 * A cell as text: a date by ISO 8601, bytes as UTF-8, nothing as no text; `undefined` where it is none
 * of these.
 */
export function textOfCell(cell: unknown): string | undefined {
  if (typeof cell === "string") return cell;
  if (cell === null || cell === undefined) return "";
  if (cell instanceof Date) return Number.isNaN(cell.getTime()) ? undefined : cell.toISOString();
  if (!(cell instanceof Uint8Array)) return undefined;
  try {
    return decoder.decode(cell);
  } catch {
    return undefined;
  }
}

const decoder = new TextDecoder("utf-8", { fatal: true });

/** Reads cells that are a number each, as many as a row has elements. */
export function numberReader(
  data: DataPortOf<"tensor">,
  { isText, ...options }: CellOptions,
): ReadCell {
  const absent = new Set<unknown>(options.missingTexts ?? missingTexts);
  const width = sizeOf(data.shape);
  const range = data.dtype === "f32" ? undefined : rangeOf(data.dtype);
  const mayMark = isText && someNumber(absent);
  return (target, { at, index, cell }, place) => {
    let value = isText ? parseDecimal(cell as string) : numberOf(cell);
    let isAbsent = false;
    if (mayMark || !(Math.abs(value) <= largest)) {
      const text = isText ? (cell as string).trim() : cell;
      if (isText) value = parseDecimal(text as string);
      isAbsent = isText ? absent.has(text) : text === null || text === undefined ||
        typeof text === "number" && Number.isNaN(text);
      if (isAbsent && data.missing !== "nan") throw missingCell(cell, { ...place(), of: "number" });
      if (isAbsent) value = NaN;
      else if (!(Math.abs(value) <= largest)) throw wrongNumber(cell, isText, place());
    }
    if (range !== undefined) requireInRange(value, range, place);
    target[at * width + index] = value;
  };
}

/** Whether some of the texts that stand for a missing value are numbers, as -999. */
export function someNumber(texts: Iterable<unknown>): boolean {
  return [...texts].some((text) => !Number.isNaN(parseDecimal(text as string)));
}

/** The numbers that a dtype can hold. */
interface NumberRange {
  readonly dtype: DType;
  readonly min: number;
  readonly max: number;
}

function rangeOf(dtype: DType): NumberRange {
  const [min, max] = dtype === "f32" ? [-largest, largest] : wholeRanges[dtype];
  return { dtype, min, max };
}

const wholeRanges: Readonly<Record<Exclude<DType, "f32">, readonly [min: number, max: number]>> = {
  u8: [0, 255],
  i32: [-2147483648, 2147483647],
  u32: [0, 4294967295],
};

function requireInRange(
  value: unknown,
  { dtype, min, max }: NumberRange,
  place: () => CellPlace,
): void {
  const number = numberOf(value);
  const isWhole = dtype !== "f32";
  if (number >= min && number <= max && (!isWhole || Number.isInteger(number))) return;
  throw new DataError(
    `Cannot hold ${shown(value)} in ${dtype}: expected a ${
      isWhole ? "whole number" : "number"
    } from ${min} to ${max}`,
    {
      ...place(),
      reason: `not in the range of ${dtype}`,
      hint: "correct the field, or choose another dtype",
    },
  );
}

/** The largest number that rounds to a finite float32. */
const largest = 3.4028235677973366e38 * (1 - 2 ** -53);

/** A cell as a number; booleans are 0 and 1, as in NumPy. */
export function numberOf(cell: unknown): number {
  if (typeof cell === "number") return cell;
  return typeof cell === "bigint" || typeof cell === "boolean" ? Number(cell) : NaN;
}

function wrongNumber(cell: unknown, isText: boolean, place: CellPlace): DataError {
  const isComma = typeof cell === "string" && /^\s*[+-]?\d+,\d+\s*$/.test(cell);
  return new DataError(
    `Cannot read the field as a number: received ${shown(cell)}, expected a ${
      isText ? "decimal number" : "number"
    } in the range of float32`,
    {
      ...place,
      reason: "not a number",
      hint: isComma
        ? "write decimals with a point"
        : cell instanceof Date
        ? "declare the column as text, by ISO 8601: { text: 24 }; a date is no number"
        : "correct the field, or leave the column out",
    },
  );
}

function labelReader(
  { classes, names }: { readonly classes: number; readonly names?: readonly string[] },
  { isText, ...options }: CellOptions,
): ReadCell {
  const codes = names === undefined
    ? undefined
    : new Map(names.map((name, code) => [name, code] as const));
  const absent = new Set<unknown>(options.missingTexts ?? missingTexts);
  return (target, { at, cell }, place) => {
    const text = typeof cell === "string" ? cell.trim() : cell;
    const code = codes === undefined
      ? isText ? parseDecimal(text as string) : numberOf(cell)
      : codes.get(
        typeof text === "object" && text !== null ? textOfCell(text) ?? String(text) : String(text),
      );
    if (code === undefined || !Number.isInteger(code) || code < 0 || code >= classes) {
      const isAbsent = isText ? absent.has(text) : text === null || text === undefined;
      throw isAbsent
        ? missingCell(cell, { ...place(), of: "class" })
        : wrongClass(cell, { classes, names }, place());
    }
    target[at] = code;
  };
}

function wrongClass(
  cell: unknown,
  { classes, names }: { readonly classes: number; readonly names: readonly string[] | undefined },
  place: CellPlace,
): DataError {
  if (names === undefined) {
    return new DataError(
      `Cannot use the class ${shown(cell)}: expected a number from 0 to ${classes - 1}`,
      {
        ...place,
        reason: "not a class",
        hint: "correct the field, or the number of classes",
      },
    );
  }
  const near = typeof cell === "string" ? nearestName(cell, names) : undefined;
  const known = names.slice(0, 10).map(shown).join(", ") + (names.length > 10 ? ", …" : "");
  return new DataError(
    `Cannot read the field as a category: received ${
      shown(typeof cell === "string" ? cell.trim() : cell)
    }, expected one of ${known}`,
    {
      ...place,
      reason: "not a class",
      hint: near === undefined
        ? "correct the field, or add it to the classes"
        : `did you mean "${near}"?`,
    },
  );
}

const encoder = new TextEncoder();

function textReader({ shape, longer }: DataPortOf<"tensor">, { isText }: CellOptions): ReadCell {
  const width = sizeOf(shape);
  return (target, { at, cell }, place) => {
    const text = textOfCell(cell);
    if (text === undefined) {
      throw new DataError(`Cannot read the field as text: received ${shown(cell)}`, {
        ...place(),
        reason: "not text",
        hint: isText ? "correct the field" : "declare the column by what it holds",
      });
    }
    const bytes = (target as Uint8Array).subarray(at * width, (at + 1) * width);
    const { read, written } = encoder.encodeInto(text, bytes);
    if (read < text.length && longer !== "cut") {
      throw new DataError(
        `Cannot hold the text ${shown(text)} of ${encoder.encode(text).length} bytes in ${width}`,
        {
          ...place(),
          reason: "text too long",
          hint: 'set a longer text for the column, or longer to "cut"',
        },
      );
    }
    const zero = bytes.subarray(0, written).indexOf(0);
    if (zero >= 0) {
      throw new DataError("Cannot read the field as text: it holds a character of code 0", {
        ...place(),
        reason: "text with a zero",
        hint: "remove the character, which ends texts",
      });
    }
  };
}

/** Reads cells that are lists of numbers, nested as the port's shape has it. */
function listReader({ dtype, shape }: DataPortOf<"tensor">): ReadCell {
  const width = sizeOf(shape);
  const range = rangeOf(dtype);
  return (target, { at, cell }, place) => {
    let next = at * width;
    const read = (value: unknown, axis: number): void => {
      if (axis < shape.length) {
        const items = listOf(value);
        if (items === undefined || items.length !== shape[axis]) {
          throw new DataError(
            `Cannot read the field as numbers of shape [${shape.join(", ")}]: received ${
              items === undefined ? shown(value) : `a list of ${items.length}`
            }, expected a list of ${shape[axis]}` + (axis > 0 ? ` at axis ${axis + 1}` : ""),
            {
              ...place(),
              reason: "not a list of the shape",
              hint: "correct the field, or the shape of the column",
            },
          );
        }
        for (let i = 0; i < items.length; i++) read(items[i], axis + 1);
        return;
      }
      requireInRange(value, range, place);
      target[next++] = numberOf(value);
    };
    read(cell, 0);
  };
}

/** A list of JSON, a typed array, or a vector of Arrow; `undefined` for anything else. */
export function listOf(value: unknown): ArrayLike<unknown> | undefined {
  if (Array.isArray(value)) return value;
  if (ArrayBuffer.isView(value)) return value as unknown as ArrayLike<unknown>;
  if (typeof value !== "object" || value === null || !("toArray" in value)) return undefined;
  return typeof value.toArray === "function" ? listOf(value.toArray()) : undefined;
}

/**
 * Numbers as text: matrices in brackets with their points below each other, long rows wrapped, large
 * tensors by their first elements.
 *
 * @module
 */
import type { Shape } from "../tensor/mod.ts";
import type { SampledNumbers, UpdateTable } from "./types.ts";

/** Significant digits. */
const digits = 6;

/** A column longer than this is written as a row. */
const tallest = 8;

/** A table with more lines is cut. */
const longestTable = 16;

/** A number with six significant digits. */
export function formatNumber(value: number): string {
  if (Object.is(value, -0)) return "0";
  const magnitude = Math.abs(value);
  return magnitude !== 0 && Number.isFinite(value) && (magnitude < 1e-4 || magnitude >= 1e9)
    ? value.toExponential(digits - 2).replace(/\.?0+e/, "e")
    : String(Number(value.toPrecision(digits)));
}

/** The elements of a tensor, in lines of at most `width` characters. */
export function numberLines(
  { count, elements, least, greatest }: SampledNumbers,
  { shape, width }: { readonly shape: Shape; readonly width: number },
): string[] {
  if (count === 0) return ["no elements"];
  if (elements.length < count) {
    const first = `${elements.map(formatNumber).join(", ")}, …`;
    const rest = `${count} numbers from ${formatNumber(least)} to ${formatNumber(greatest)}`;
    return first.length + 1 + rest.length <= width ? [`${first} ${rest}`] : [first, rest];
  }
  if (shape.length === 0) return [formatNumber(elements[0]!)];
  const columns = shape.at(-1)!;
  const isColumn = shape.length > 1 && columns === 1;
  if (columns === count) return rowLines(elements, { width, end: "]" });
  if (isColumn && count > tallest) return rowLines(elements, { width, end: "]ᵀ" });
  const cells = alignColumns(elements, columns);
  const lines = cells.map((row) => row.join("  "));
  return lines[0]!.length + 4 <= width
    ? bracketed(lines)
    : cells.flatMap((row) => wrapCells(row, { width, end: "]" }));
}

function rowLines(
  elements: readonly number[],
  { width, end }: { readonly width: number; readonly end: string },
): string[] {
  return wrapCells(elements.map(formatNumber), { width, end });
}

function wrapCells(
  cells: readonly string[],
  { width, end }: { readonly width: number; readonly end: string },
): string[] {
  const lines: string[] = [];
  let line = "[";
  for (const cell of cells) {
    const next = `${line} ${cell} `;
    if (next.length + end.length > width) {
      lines.push(line.trimEnd());
      line = `  ${cell} `;
    } else line = next;
  }
  return [...lines, `${line}${end}`];
}

function bracketed(lines: readonly string[]): string[] {
  const last = lines.length - 1;
  return lines.map((line, i) => {
    const [open, close] = last === 0 ? "[]" : i === 0 ? "⎡⎤" : i === last ? "⎣⎦" : "⎢⎥";
    return `${open} ${line} ${close}`;
  });
}

/** Cells of a matrix, the points of each column below each other. */
function alignColumns(elements: readonly number[], columns: number): string[][] {
  const rows = Array.from(
    { length: elements.length / columns },
    (_, row) => elements.slice(row * columns, (row + 1) * columns).map(formatNumber),
  );
  for (let column = 0; column < columns; column++) {
    const aligned = alignPoints(rows.map((row) => row[column]!));
    aligned.forEach((cell, row) => rows[row]![column] = cell);
  }
  return rows;
}

/** SampledNumbers in cells of one width, their points below each other. */
export function alignPoints(cells: readonly string[]): string[] {
  const parts = cells.map((cell) => {
    const at = cell.search(/[.e]/);
    return at < 0 ? [cell, ""] as const : [cell.slice(0, at), cell.slice(at)] as const;
  });
  const before = Math.max(...parts.map(([whole]) => whole.length));
  const after = Math.max(...parts.map(([, rest]) => rest.length));
  return parts.map(([whole, rest]) => whole.padStart(before) + rest.padEnd(after));
}

/** A table of tensors side by side, an element a line. */
export function tableLines({ name, shape, columns }: UpdateTable): string[] {
  const [first] = columns;
  const kept = first?.numbers.elements.length ?? 0;
  const shown = kept > longestTable ? 4 : kept;
  const places = Array.from({ length: shown }, (_, i) => placeText(i, shape));
  const rest = (first?.numbers.count ?? 0) - shown;
  const widest = Math.max(name.length, ...places.map((place) => place.length));
  const lines = [name, ...places].map((text) => text.padEnd(widest));
  for (const column of columns) {
    const cells = alignPoints(column.numbers.elements.slice(0, shown).map(formatNumber));
    const width = Math.max(column.name.length, ...cells.map((cell) => cell.length));
    [column.name, ...cells].forEach((cell, i) => lines[i] += `   ${cell.padStart(width)}`);
  }
  return [...lines.map((line) => line.trimEnd()), ...(rest > 0 ? [`… and ${rest} more`] : [])];
}

/** Coordinates of an element: `[1, 0]`. */
function placeText(position: number, shape: Shape): string {
  let rest = position;
  const place = shape.toReversed().map((size) => {
    const at = rest % size;
    rest = (rest - at) / size;
    return at;
  }).toReversed();
  return place.length === 0 ? "value" : `[${place.join(", ")}]`;
}

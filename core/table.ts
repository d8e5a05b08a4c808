/**
 * Tables of text.
 *
 * @module
 */
import { visibleText } from "./format.ts";

/** How a table is laid out. */
export interface TableOptions {
  /** Columns, from 0, whose cells stand at the right edge. */
  readonly right?: readonly number[];
  /** Text before each line. */
  readonly indent?: string;
}

/**
 * Renders rows as aligned columns, two blanks apart, one line a row, each ended by a newline; control
 * characters in cells are shown in digits.
 */
export function formatTable(
  cells: readonly (readonly string[])[],
  { right = [], indent = "" }: TableOptions = {},
): string {
  const rows = cells.map((row) => row.map((cell) => visibleText(cell).replaceAll("\n", "\\n")));
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, i) => widths[i] = Math.max(widths[i] ?? 0, cell.length));
  }
  return rows.map((row) => {
    const cells = row.map((cell, i) =>
      right.includes(i) ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)
    );
    return `${(indent + cells.join("  ")).trimEnd()}\n`;
  }).join("");
}

/**
 * A matrix of numbers, its cells shaded by their share of the row.
 *
 * @module
 */
import { formatCount, formatScore } from "../format.ts";
import { shareText } from "./format.ts";
import { type Markup, markup } from "./markup.ts";

/** Rows and columns up to which a matrix can be read. */
export const mostMatrixNames = 30;

/** A matrix to be drawn. */
export interface MatrixOptions {
  readonly caption: string;
  readonly rows: readonly string[];
  readonly columns: readonly string[];
  /** None below 0, by row and then by column. */
  readonly values: readonly (readonly number[])[];
  /** What a cell tells of, for whoever points at it. */
  readonly titleOf: (row: string, column: string) => string;
}

/** Draws a matrix; where its rows are its columns, the diagonal is told from the rest. */
export function matrixTable({ caption, rows, columns, values, titleOf }: MatrixOptions): Markup {
  const isSquare = rows.length === columns.length && rows.every((name, i) => name === columns[i]);
  const isOn = (i: number, j: number) => !isSquare || i === j;
  const shares = values.map((row) => {
    const total = row.reduce((sum, value) => sum + value, 0);
    return row.map((value) => total > 0 ? value / total : 0);
  });
  const off = shares.flatMap((row, i) => row.filter((_, j) => !isOn(i, j)));
  const worst = off.reduce((most, share) => Math.max(most, share), Number.MIN_VALUE);
  const isCounts = values.every((row) => row.every(Number.isInteger));
  const text = isCounts ? formatCount : formatScore;
  const cell = (value: number, i: number, j: number): Markup => {
    if (value === 0) return markup`<td class="none">·</td>`;
    const share = shares[i]![j]!;
    const look = isOn(i, j) ? "hit" : "miss";
    // Errors are rare beside hits: they have a shade of their own, by their square root.
    const strength = isOn(i, j) ? 0.1 + 0.35 * share : 0.08 + 0.42 * Math.sqrt(share / worst);
    const title = `${titleOf(rows[i]!, columns[j]!)}: ${shareText(share)}`;
    return markup`<td class="${look}" style="--v:${strength.toFixed(2)}" title="${title}">${
      text(value)
    }</td>`;
  };
  const look = columns.some((name) => name.length > 4) ? "matrix long" : "matrix";
  const lines = values.map((row, i) =>
    markup`<tr><th>${rows[i]}</th>${row.map((value, j) => cell(value, i, j))}</tr>\n`
  );
  return markup`<div class="scroll"><table class="${look}">
<caption>${caption}</caption>
<thead><tr><th></th>${columns.map((name) => markup`<th><span>${name}</span></th>`)}</tr></thead>
<tbody>
${lines}</tbody>
</table></div>`;
}

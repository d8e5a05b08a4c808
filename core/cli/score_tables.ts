/**
 * Metrics that are tables, as text.
 *
 * @module
 */
import { formatCount, formatScore } from "../format.ts";
import type { ScoreTable } from "../declare/mod.ts";
import type { BySplit, ScoreTables } from "../execute/mod.ts";
import { formatTable } from "../table.ts";

/** Columns of a table that a terminal shows. */
const mostColumns = 20;
/** Rows of a table that a terminal shows. */
const mostRows = 40;

/** The tables of the test split, else of the validation split, else of training, each after a title. */
export function lastTables({ train, validation, test }: BySplit<ScoreTables>): string {
  if (test !== undefined) return scoreTables(test, "test");
  return validation === undefined
    ? scoreTables(train, "train")
    : scoreTables(validation, "validation");
}

/** Tables by name, each after a title and before an empty line; of large ones, where they are. */
export function scoreTables(tables: ScoreTables, split?: string): string {
  return Object.entries(tables).map(([name, score]) => {
    const title = split === undefined ? name : `${name}, ${split}`;
    const { rows, columns } = score;
    return columns.length > mostColumns || rows.length > mostRows
      ? `${title}: ${formatCount(rows.length)} by ${
        formatCount(columns.length)
      } numbers; --json gives them\n\n`
      : `${title}\n${scoreTable(score)}\n`;
  }).join("");
}

function scoreTable({ rowTitle, columnTitle, rows, columns, values }: ScoreTable): string {
  const text = (value: number, column: number) =>
    values.every((row) => Number.isInteger(row[column])) ? formatCount(value) : formatScore(value);
  const corner = columnTitle === undefined ? rowTitle : `${rowTitle} \\ ${columnTitle}`;
  return formatTable([
    [corner, ...columns],
    ...rows.map((row, i) => [row, ...values[i]!.map(text)]),
  ], { right: columns.map((_, i) => i + 1) });
}

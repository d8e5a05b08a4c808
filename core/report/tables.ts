/**
 * The metrics of a run that are tables: matrices drawn, others with a row for each class.
 *
 * @module
 */
import { formatCount } from "../format.ts";
import type { ScoreTable } from "../declare/mod.ts";
import type { Confusion } from "./confusion.ts";
import { scoreText } from "./format.ts";
import { type Markup, markup, table } from "./markup.ts";
import { matrixTable, mostMatrixNames } from "./matrix.ts";
import type { RunRecord } from "./record.ts";

/** Rows of a table that are shown. */
const mostRows = 60;

/**
 * The tables of the test split, else of the validation split, else of the training batches; nothing
 * where there is none. A matrix that is the confusion matrix drawn already is left out.
 */
export function tablesSection(
  { results }: RunRecord,
  confusion: Confusion | null,
): Markup | undefined {
  const { train, validation, test } = results?.tables ?? {};
  const [split, tables] = test !== undefined
    ? ["test rows", test]
    : validation !== undefined
    ? ["validation rows", validation]
    : ["training batches of the last epoch", train ?? {}];
  const drawn = JSON.stringify(confusion?.counts);
  const shown = Object.entries(tables).filter(([, { values }]) => JSON.stringify(values) !== drawn);
  if (shown.length === 0) return undefined;
  return markup`<section>
<h2>Scores in detail</h2>
<p class="note">Over the ${split}.</p>
<div class="columns">
${shown.map(([name, score]) => figure(name, score))}
</div>
</section>`;
}

function figure(name: string, score: ScoreTable): Markup {
  const { rowTitle, columnTitle, rows, columns, values } = score;
  if (columnTitle !== undefined) {
    if (Math.max(rows.length, columns.length) > mostMatrixNames) {
      return markup`<p class="note"><code>${name}</code>: ${formatCount(rows.length)} by ${
        formatCount(columns.length)
      } numbers, in <code>run.json</code></p>`;
    }
    return matrixTable({
      caption: `${name}: ${rowTitle} (down), ${columnTitle} (across)`,
      rows,
      columns,
      values,
      titleOf: (row, column) => `${rowTitle} ${row}, ${columnTitle} ${column}`,
    });
  }
  const isCount = columns.map((_, j) => values.every((row) => Number.isInteger(row[j])));
  const cut = rows.length > mostRows
    ? `, the first ${mostRows} of ${formatCount(rows.length)}`
    : "";
  return table({
    look: "numbers",
    caption: `${name}${cut}`,
    head: [rowTitle, ...columns],
    rows: rows.slice(0, mostRows).map((row, i) => [
      row,
      ...values[i]!.map((value, j) => isCount[j] ? formatCount(value) : scoreText(value)),
    ]),
  });
}

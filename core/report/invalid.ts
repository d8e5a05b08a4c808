/**
 * The rows that loaders found to be of no use: how many, and what is wrong with them.
 *
 * @module
 */
import { formatCount } from "../format.ts";
import type { InvalidSplit } from "../execute/mod.ts";
import { type Markup, markup, table } from "./markup.ts";
import type { History, RunRecord } from "./record.ts";

/** Rows of the table of faults; `run.json` has all. */
const mostFaults = 30;
/** Rows that are told one by one, of each split. */
const mostExamples = 5;

/** What was left out, or kept though it breaks a rule; nothing where no loader counts it. */
export function invalidSection({ results }: RunRecord, history: History): Markup | undefined {
  // a run that has not ended has told of them already
  const { invalid = history.invalid } = results ?? {};
  if (invalid.length === 0) return undefined;
  return markup`<section>
<h2>Invalid rows</h2>
<p class="note">As the loaders found them by their own rules, over every split that was opened.</p>
<div class="columns">
${
    table({
      look: "numbers",
      head: ["loader", "split", "policy", "rows", "left out", "kept"],
      rows: invalid.map(({ stage, split, policy, checked, dropped, kept }) => [
        stage,
        split,
        policy,
        ...[checked, dropped, kept].map(formatCount),
      ]),
      named: 3,
    })
  }
${faultsTable(invalid)}
</div>
${examplesTable(invalid)}
</section>`;
}

function faultsTable(invalid: readonly InvalidSplit[]): Markup | undefined {
  const faults = invalid.flatMap(({ stage, split, faults }) =>
    faults.map((fault) => ({ stage, split, ...fault }))
  ).sort((a, b) => b.rows - a.rows);
  if (faults.length === 0) return undefined;
  const all = faults.length <= mostFaults;
  return table({
    look: "numbers",
    ...(all ? {} : { caption: `The first ${mostFaults} of ${formatCount(faults.length)} kinds` }),
    head: ["loader", "split", "column", "what is wrong", "rows"],
    rows: faults.slice(0, mostFaults).map(({ stage, split, column, reason, rows }) => [
      stage,
      split,
      column,
      reason,
      formatCount(rows),
    ]),
    named: 4,
  });
}

function examplesTable(invalid: readonly InvalidSplit[]): Markup | undefined {
  const examples = invalid.flatMap(({ examples }) => examples.slice(0, mostExamples));
  if (examples.length === 0) return undefined;
  // a message names file, row and column itself
  return table({
    look: "settings",
    head: ["the first of them"],
    rows: examples.map(({ message }) => [message]),
  });
}

/**
 * What a person is told of rows that could not be used.
 *
 * @module
 */
import { formatAmount, formatCount } from "../format.ts";
import type { InvalidSplit } from "../execute/mod.ts";

/** Faults that are told; `run.json` has all. */
const mostFaults = 5;

/** Lines about rows that were left out or kept though they break a rule; none where there is none. */
export function invalidLines(
  { stage, split, checked, dropped, kept, faults, examples }: InvalidSplit,
): string[] {
  if (dropped + kept === 0) return [];
  const what = [
    ...(dropped > 0 ? [`${formatCount(dropped)} left out`] : []),
    ...(kept > 0 ? [`${formatCount(kept)} kept that break rules`] : []),
  ];
  const more = faults.length - mostFaults;
  return [
    `warning: ${stage}, ${split} split: of ${formatAmount(checked, "row")}, ${what.join(", ")}`,
    ...faults.slice(0, mostFaults).map(({ reason, column, rows }) =>
      `  ${formatAmount(rows, "row")}: ${column === undefined ? "" : `"${column}" `}${reason}`
    ),
    ...(more > 0 ? [`  and ${formatAmount(more, "kind")} more`] : []),
    `  the first: ${examples[0]?.message}`,
  ];
}

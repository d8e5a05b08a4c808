/**
 * The figures of a comparison, gathered over rounds, and their tables.
 *
 * @module
 */
import { formatTable } from "../../core/table.ts";
import { formatDigits } from "../support/format.ts";
import { median } from "../support/measure.ts";
import type { Column } from "./competition.ts";

/** What one contender reached: the figures of every round by column, and why it has none. */
export interface Result {
  readonly contender: string;
  readonly figures: Record<string, number[]>;
  /** Messages by discipline. */
  readonly failures: Record<string, string>;
}

/** Renders a rate or a size with three digits and, where it is large, in thousands: `76.8k`, `48.2`. */
export function formatFigure(value: number): string {
  const isLarge = Number(value.toPrecision(3)) >= 10_000;
  return isLarge ? `${formatDigits(value / 1000)}k` : formatDigits(value);
}

/**
 * Renders results, a row for each contender and a column for each figure. What a contender cannot do
 * is numbered, and said below in its own words.
 *
 * @param take Makes one number of the rounds: the best, or their median.
 */
export function formatResults(
  results: readonly Result[],
  { columns, take }: {
    readonly columns: readonly Column[];
    readonly take: (values: readonly number[], column: Column) => number;
  },
): string {
  const notes: string[] = [];
  const rows = results.map(({ contender, figures, failures }) => {
    const noted = new Map<string, string>();
    for (const [discipline, message] of Object.entries(failures)) {
      notes.push(`${contender}, ${discipline}: ${message}`);
      noted.set(discipline, `cannot [${notes.length}]`);
    }
    return [
      contender,
      ...columns.map((column) => {
        const values = figures[column.name];
        if (values !== undefined) return formatFigure(take(values, column));
        return noted.get(disciplineOf(column.name, failures)) ?? "-";
      }),
    ];
  });
  const titles = [
    ["", ...columns.map(({ name }) => name)],
    ["", ...columns.map(({ unit }) => unit)],
  ];
  const right = columns.map((_, i) => i + 1);
  return formatTable([...titles, ...rows], { right }) +
    notes.map((note, i) => `[${i + 1}] ${note}\n`).join("");
}

/** The failed discipline that a column would have come from. */
function disciplineOf(column: string, failures: Result["failures"]): string {
  return Object.keys(failures).find((discipline) => column.startsWith(discipline)) ?? "";
}

/** The best of the rounds. */
export function best(values: readonly number[], { isBetterLarge }: Column): number {
  return isBetterLarge ? Math.max(...values) : Math.min(...values);
}

/** The middle of the rounds. */
export function middle(values: readonly number[]): number {
  return median(values);
}

/**
 * `inspect`: what is in a file or folder of data (columns, types, ranges, missing values), and the stage to write
 * for it.
 *
 * @module
 */
import { formatAmount, formatCount, formatScore, visibleText } from "../../format.ts";
import type { FileSummary } from "./file_summary.ts";
import type { ColumnSummary } from "./summarize_column.ts";
import { knownFormats, summarizeFile } from "./summarize_file.ts";
import { shared, type Verb } from "../options.ts";
import { formatTable } from "../../table.ts";
import { bold, type TextStream } from "../terminal.ts";

/** The verb `inspect`. */
export const inspect: Verb = {
  name: "inspect",
  summary:
    "Show the columns, types, ranges and missing values of a file or folder, and the stage to write",
  operand: "<file or folder>",
  options: [
    {
      name: "limit",
      value: "n",
      description: "Look at the first n rows of a table, or open n files of a folder (default 200)",
    },
    shared.json,
  ],
  notes: `Files: ${knownFormats}. A table is read as a stream. A path may ` +
    "be on the web or in an npm package, as that of a loader.",
  async run(invocation, io) {
    const file = invocation.operand();
    const limit = invocation.whole("limit", { min: 1 });
    const tell = (text: string) => io.stderr.write(`${text}\n`);
    const summary = await summarizeFile(file, { limit, tell });
    io.stdout.write(
      invocation.flag("json") ? `${JSON.stringify(summary)}\n` : summaryText(summary, io.stdout),
    );
    return 0;
  },
};

function summaryText(summary: FileSummary, stream: TextStream): string {
  const { file, format, rows, isWhole, columns, stage } = summary;
  const counted = `${isWhole ? "" : "the first "}${formatAmount(rows, "row")}`;
  const header = ["column", "type", "values", "missing", "distinct"];
  const table = formatTable([header, ...columns.map(columnCells)], { indent: "  ", right: [3, 4] });
  const title = bold(stream, visibleText(file));
  return `${title}: ${format}, ${counted}\n${table}\n${bold(stream, "The stage to write")}\n${
    visibleText(stage).split("\n").map((line) => `  ${line}`).join("\n")
  }\n`;
}

function columnCells(column: ColumnSummary): readonly string[] {
  const { name, type, min, max, mean, std, missing, distinct, examples, counts } = column;
  const isRepeated = distinct !== undefined && distinct < column.present;
  const { earliest, latest } = column;
  const values = earliest !== undefined
    ? `${dayOrTime(earliest, column)} to ${dayOrTime(latest!, column)}`
    : min === undefined
    ? examples.map((text, i) =>
      JSON.stringify(text) +
      (isRepeated && counts !== undefined ? ` (${formatCount(counts[i]!)})` : "")
    ).join(", ")
    : `${number(min)} to ${number(max!)}, mean ${number(mean!)}, std ${number(std!)}`;
  return [
    name,
    type,
    values,
    missing === 0 ? "" : formatCount(missing),
    distinct === undefined ? "" : formatCount(distinct),
  ];
}

function number(value: number): string {
  return Number.isInteger(value) && Math.abs(value) < 1e15 ? String(value) : formatScore(value);
}

/** A date without its time, where that is midnight of both. */
function dayOrTime(date: string, { earliest, latest }: ColumnSummary): string {
  const isDay = [earliest, latest].every((date) => date!.endsWith("T00:00:00.000Z"));
  return isDay ? date.slice(0, -"T00:00:00.000Z".length) : date;
}

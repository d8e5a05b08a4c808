/**
 * What tables in text hold: CSV, JSON lines, lines of text. They are read as streams.
 *
 * @module
 */
import { DataError } from "../../errors.ts";
import { formatAmount } from "../../format.ts";
import {
  csvRecords,
  headerDoubt,
  headerNames,
  isBlankLine,
  openRecords,
  parseJsonLine,
  textOfBlock,
} from "../../formats/mod.ts";
import { tableStage } from "./suggest_stage.ts";
import { ColumnSummarizer } from "./summarize_column.ts";
import type { FileSummary } from "./file_summary.ts";

/** Looks through a table in text. */
export async function summarizeTable(
  file: string,
  { format, separator, limit }: {
    readonly format: "csv" | "jsonl" | "text";
    readonly separator: string;
    readonly limit: number;
  },
): Promise<FileSummary> {
  using records = await openRecords(file, { quoted: format === "csv" });
  const columns = new Map<string, ColumnSummarizer>();
  let header: readonly string[] | undefined;
  let rows = 0;
  let isWhole = true;
  const columnOf = (name: string) => {
    let column = columns.get(name);
    if (column === undefined) {
      column = new ColumnSummarizer(name, { isText: format !== "jsonl", rowsBefore: rows });
      columns.set(name, column);
    }
    return column;
  };
  const add = (cells: readonly (readonly [name: string, cell: unknown])[]) => {
    for (const [name, cell] of cells) columnOf(name).add(cell);
    rows++;
  };
  blocks: for await (const block of records.blocks()) {
    const label = { csv: "CSV", jsonl: "JSON lines", text: "text" }[format];
    const text = textOfBlock(block, { file, format: label });
    if (format === "csv") {
      const found = await csvRecords(text, { separator, line: block.line, file });
      for (const [i, record] of found.records.entries()) {
        if (header === undefined) {
          header = headerNames(record, { file, row: found.lines[i]! });
          for (const name of header) columnOf(name);
          continue;
        }
        if (rows === limit) {
          isWhole = false;
          break blocks;
        }
        requireWidth(record, { width: header.length, file, row: found.lines[i]! });
        add(header.map((name, at) => [name, record[at]]));
      }
      continue;
    }
    for (const [i, line] of text.split("\n").entries()) {
      if (format === "jsonl" ? isBlankLine(line) : line.trim() === "") continue;
      if (rows === limit) {
        isWhole = false;
        break blocks;
      }
      add(
        format === "text"
          ? [["line", line.replace(/\r$/, "")]]
          : Object.entries(parseJsonLine(line, { file, row: block.line + i })),
      );
      requireFew(columns.size, { file, row: block.line + i });
    }
  }
  const summaries = [...columns.values()].map((column) => column.finish(rows));
  return {
    file,
    format: { csv: separator === "\t" ? "TSV" : "CSV", jsonl: "JSON lines", text: "text" }[format],
    rows,
    isWhole,
    columns: summaries,
    stage: tableStage(file, {
      format,
      separator,
      columns: summaries,
      note: header && headerDoubt(header, { row: 1 }),
    }),
  };
}

function requireWidth(
  record: readonly string[],
  { width, file, row }: { readonly width: number; readonly file: string; readonly row: number },
): void {
  if (record.length === width) return;
  throw new DataError(
    `Cannot read the CSV file: received ${formatAmount(record.length, "field")}, expected ${width}`,
    { file, row, hint: "mend the row; a field that holds the separator is written in quotes" },
  );
}

const mostColumns = 10_000;

function requireFew(columns: number, place: { readonly file: string; readonly row: number }): void {
  if (columns <= mostColumns) return;
  throw new DataError(`Cannot inspect more than ${mostColumns} columns`, {
    ...place,
    hint: "the keys of the objects are the columns: are they data?",
  });
}

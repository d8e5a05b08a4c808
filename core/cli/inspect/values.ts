/**
 * What tables of values hold: Parquet, Arrow. They are read batch by batch.
 *
 * @module
 */
import { DataError } from "../../errors.ts";
import { listOf } from "../../execute/mod.ts";
import { damagedFile, type ValueTable } from "../../formats/mod.ts";
import type { FileSummary } from "./file_summary.ts";
import { tableStage } from "./suggest_stage.ts";
import { ColumnSummarizer } from "./summarize_column.ts";

/** Looks through a table of values, and closes it. */
export async function summarizeValues(
  table: ValueTable,
  { limit }: { readonly limit: number },
): Promise<FileSummary> {
  const { file, format, columns, counts } = table;
  const summarizers = columns.map((name) => new ColumnSummarizer(name));
  let rows = 0;
  try {
    for (let batch = 0; batch < counts.length && rows < limit; batch++) {
      const values = await table.read(batch, columns);
      const taken = Math.min(counts[batch]!, limit - rows);
      for (const [i, name] of columns.entries()) {
        const column = values[name];
        if (column === undefined || column.length < taken) {
          throw new DataError(`Cannot read the ${format} file: it has too few values`, {
            file,
            column: name,
            hint: "the file is damaged: get it again",
          });
        }
        for (let row = 0; row < taken; row++) summarizers[i]!.add(plainValue(column[row]));
      }
      rows += taken;
    }
  } catch (cause) {
    throw damagedFile(table, cause);
  } finally {
    table.close();
  }
  const summaries = summarizers.map((column) => column.finish(rows));
  return {
    file,
    format,
    rows,
    isWhole: rows === counts.reduce((sum, count) => sum + count, 0),
    columns: summaries,
    stage: tableStage(file, {
      format: format === "Parquet" ? "parquet" : "arrow",
      separator: ",",
      columns: summaries,
    }),
  };
}

/** A value with the numbers and lists of JSON: what the loaders take for a number is one. */
function plainValue(value: unknown): unknown {
  if (typeof value === "bigint") return Number(value);
  if (value instanceof Uint8Array) return value;
  const items = listOf(value);
  return items === undefined ? value : Array.from(items, plainValue);
}

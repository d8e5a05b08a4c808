/**
 * What files of arrays hold: NPY, NPZ, IDX.
 *
 * @module
 */
import { DataError } from "../../errors.ts";
import { type ArrayFile, openZip, parseNpy } from "../../formats/mod.ts";
import { formatShape, sizeOf } from "../../tensor/mod.ts";
import type { FileSummary } from "./file_summary.ts";
import { pairedStage } from "./idx_pair.ts";
import { arrayStage } from "./suggest_stage.ts";
import { ColumnSummarizer } from "./summarize_column.ts";

/** Looks through an array, a few megabytes at a time. */
export async function summarizeArray(
  array: ArrayFile,
  { format, limit }: { readonly format: "npy" | "idx"; readonly limit: number },
): Promise<FileSummary> {
  using opened = array;
  const { file, dtype, shape } = opened;
  const rows = Math.min(shape[0]!, limit);
  const rowShape = shape.slice(1);
  const width = Math.max(1, sizeOf(rowShape));
  const column = new ColumnSummarizer("values");
  // a few megabytes at a time
  const step = Math.max(1, Math.floor((1 << 20) / width));
  for (let begin = 0; begin < rows; begin += step) {
    const { data } = await opened.read(begin, Math.min(rows, begin + step));
    for (const value of data) column.add(value);
  }
  const summary = column.finish(rows * width);
  const named = { ...summary, type: `${dtype}${formatShape(["rows", ...rowShape])}` };
  return {
    file,
    format: format === "npy" ? "NPY" : "IDX",
    rows,
    isWhole: rows === shape[0],
    columns: [named],
    stage: format === "npy"
      ? arrayStage([{ file, dtype, rows, rowShape, summary }])
      : await pairedStage(file, { rows: shape[0]!, rowShape, summary }),
  };
}

/** Looks through the arrays of an archive. */
export async function summarizeArchive(file: string): Promise<FileSummary> {
  using zip = await openZip(file);
  const arrays = [];
  for (const [name, entry] of zip.entries) {
    if (!name.endsWith(".npy")) continue;
    const { dtype, shape, data } = parseNpy(await zip.read(entry), `${file}#${name}`);
    const column = new ColumnSummarizer(name.slice(0, -4));
    for (const value of data) column.add(value);
    const summary = column.finish(data.length);
    arrays.push({
      file: `${file}#${name.slice(0, -4)}`,
      dtype,
      rowShape: shape.slice(1),
      rows: shape[0] ?? 1,
      summary,
    });
  }
  if (arrays.length === 0) {
    throw new DataError("Cannot inspect the archive: it holds no array", {
      file,
      hint: "name an archive that numpy.savez wrote",
    });
  }
  return {
    file,
    format: "NPZ",
    rows: Math.max(...arrays.map(({ rows }) => rows)),
    isWhole: true,
    columns: arrays.map(({ summary, dtype, rowShape, rows }) => ({
      ...summary,
      type: `${dtype}${formatShape([rows, ...rowShape])}`,
    })),
    stage: arrayStage(arrays),
  };
}

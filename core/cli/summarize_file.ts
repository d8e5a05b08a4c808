/**
 * What a file of data holds, found by its contents, in memory that does not grow with it.
 *
 * @module
 */
import { DataError } from "../errors.ts";
import { formatAmount } from "../format.ts";
import { formatShape, sizeOf } from "../tensor/mod.ts";
import {
  type ArrayFile,
  csvRecords,
  openBytes,
  openIdx,
  openNpy,
  openRecords,
  openZip,
  parseNpy,
  readWav,
  textOfBlock,
} from "../formats/mod.ts";
import { ColumnSummarizer } from "./summarize_column.ts";
import type { ColumnSummary } from "./summarize_column.ts";
import { arrayStage, tableStage } from "./suggest_stage.ts";

export type { ColumnSummary } from "./summarize_column.ts";

/** What a file holds. */
export interface FileSummary {
  readonly file: string;
  /** As people call it: `"CSV"`. */
  readonly format: string;
  /** Rows looked at. */
  readonly rows: number;
  /** Whether these are all. */
  readonly isWhole: boolean;
  readonly columns: readonly ColumnSummary[];
  /** TypeScript of a stage that loads the file. */
  readonly stage: string;
}

/** What the first bytes of a file, and its name, say. */
type Format = "csv" | "jsonl" | "text" | "npy" | "npz" | "idx" | "wav";

/**
 * Looks through a file.
 *
 * @throws {DataError} When it is missing, empty, damaged, or of a format that is not known.
 */
export async function summarizeFile(
  file: string,
  { limit = Infinity }: { readonly limit?: number } = {},
): Promise<FileSummary> {
  const head = await headOf(file);
  const format = formatOf(file, head);
  switch (format) {
    case "csv":
    case "jsonl":
    case "text":
      return await summarizeTable(file, { format, limit, separator: separatorOf(file, head) });
    case "npy":
      return await summarizeArray(await openNpy(file), { format, limit });
    case "idx":
      return await summarizeArray(await openIdx(file), { format, limit });
    case "npz":
      return await summarizeArchive(file);
    case "wav":
      return await summarizeSound(file);
  }
}

async function headOf(file: string): Promise<Uint8Array> {
  using opened = await openBytes(file);
  const head = await opened.read(0, Math.min(opened.size, 1 << 16));
  if (head.length > 0) return head;
  throw new DataError("Cannot inspect the file: it is empty", {
    file,
    hint: "name a file with data",
  });
}

function formatOf(file: string, head: Uint8Array): Format {
  const tag = String.fromCharCode(...head.subarray(0, 8));
  if (tag.startsWith("\x93NUMPY")) return "npy";
  if (tag.startsWith("PK")) return "npz";
  if (tag.startsWith("RIFF")) return "wav";
  if (tag.startsWith("\0\0") || tag.startsWith("\x1f\x8b")) return "idx";
  const known = [["PAR1", "parquet"], ["ARROW1", "arrow"], ["\x89PNG", "imageFolder"], [
    "\xff\xd8",
    "imageFolder",
  ]].find(([begin]) => tag.startsWith(begin!));
  if (known !== undefined || head.includes(0)) {
    throw new DataError("Cannot inspect the file: it is none of the formats that are looked into", {
      file,
      hint: known === undefined
        ? "formats: CSV, TSV, JSON lines, text, NPY, NPZ, IDX, WAV"
        : `the stage ${known[1]}() loads it`,
    });
  }
  if (/\.(?:jsonl|ndjson)$/i.test(file) || /^\s*\{/.test(tag)) return "jsonl";
  if (/\.txt$/i.test(file)) return "text";
  return "csv";
}

/** The mark that parts the most fields of the first line. */
function separatorOf(file: string, head: Uint8Array): string {
  if (/\.(?:tsv|tab)$/i.test(file)) return "\t";
  const [line = ""] = /^.*\S.*$/m.exec(new TextDecoder().decode(head)) ?? [];
  const unquoted = line.replaceAll(/"(?:[^"]|"")*"/g, "");
  const counts = [",", "\t", ";", "|"].map((mark) => unquoted.split(mark).length);
  return [",", "\t", ";", "|"][counts.indexOf(Math.max(...counts))]!;
}

async function summarizeTable(
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
          header = record.map((name) => name.trim());
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
      if (line.trim() === "") continue;
      if (rows === limit) {
        isWhole = false;
        break blocks;
      }
      add(
        format === "text"
          ? [["line", line.replace(/\r$/, "")]]
          : Object.entries(parseObject(line, { file, row: block.line + i })),
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
    stage: tableStage(file, { format, separator, columns: summaries }),
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

function parseObject(
  line: string,
  place: { readonly file: string; readonly row: number },
): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      return value as Readonly<Record<string, unknown>>;
    }
  } catch {
    // told below, as what is no object
  }
  throw new DataError("Cannot read the line: expected an object in JSON", {
    ...place,
    hint: "each line is one object in JSON, without a comma after it",
  });
}

async function summarizeArray(
  array: ArrayFile,
  { format, limit }: { readonly format: "npy" | "idx"; readonly limit: number },
): Promise<FileSummary> {
  using opened = array;
  const { file, dtype, shape } = opened;
  const rows = Math.min(shape[0]!, limit);
  const rowShape = shape.slice(1);
  const width = Math.max(1, sizeOf(rowShape));
  const column = new ColumnSummarizer("values", { isText: false, rowsBefore: 0 });
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
    stage: arrayStage([{ file, dtype, rowShape, summary }], format),
  };
}

async function summarizeArchive(file: string): Promise<FileSummary> {
  using zip = await openZip(file);
  const arrays = [];
  for (const [name, entry] of zip.entries) {
    if (!name.endsWith(".npy")) continue;
    const { dtype, shape, data } = parseNpy(await zip.read(entry), `${file}#${name}`);
    const column = new ColumnSummarizer(name.slice(0, -4), { isText: false, rowsBefore: 0 });
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
    stage: arrayStage(arrays, "npy"),
  };
}

async function summarizeSound(file: string): Promise<FileSummary> {
  const { sampleRate, channels, samples } = await readWav(file);
  const column = new ColumnSummarizer("samples", { isText: false, rowsBefore: 0 });
  for (const sample of samples) column.add(sample);
  const frames = samples.length / channels;
  return {
    file,
    format: `WAV, ${sampleRate} Hz, ${channels} ${channels === 1 ? "channel" : "channels"}, ` +
      `${(frames / sampleRate).toFixed(2)} s`,
    rows: frames,
    isWhole: true,
    columns: [column.finish(samples.length)],
    stage: `const sounds = soundFolder({
  folder: ${JSON.stringify(file.replace(/[^/\\]*$/, "").replace(/[/\\]$/, "") || ".")},
  samples: ${frames},
  sampleRate: ${sampleRate},
});`,
  };
}

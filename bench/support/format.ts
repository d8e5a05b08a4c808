/**
 * Measurements as tables.
 *
 * @module
 */
import { formatTable } from "../../core/table.ts";
import { formatRate, formatSeconds } from "../../core/format.ts";
import type { Gathered } from "./gather.ts";
import type { Measurement } from "./measure.ts";

/** Renders a number with three digits, and never with an exponent: `0.00394`, `48.2`, `1250`. */
export function formatDigits(value: number): string {
  const rounded = Number(value.toPrecision(3));
  const magnitude = Math.floor(Math.log10(Math.abs(rounded) || 1));
  return rounded.toFixed(Math.min(Math.max(2 - magnitude, 0), 9));
}

/** Renders a share: `79 %`. */
export function formatPercent(share: number): string {
  return `${Math.round(100 * share)} %`;
}

/** Names what was measured with wide vectors. */
export function variantName(variant: string, wide: boolean): string {
  return wide ? `${variant}, wide` : variant;
}

interface Row extends Measurement {
  readonly wide: boolean;
  readonly peak: number;
}

/** A column of the tables: its title, and its cell, empty where it says nothing. */
interface Column {
  readonly title: string;
  cell(row: Row, first: Row): string;
}

const columns: readonly Column[] = [
  { title: "fastest", cell: ({ fastestNs }) => formatSeconds(fastestNs / 1e9) },
  { title: "median", cell: ({ medianNs }) => formatSeconds(medianNs / 1e9) },
  {
    title: "GFLOP/s",
    cell: ({ flops, fastestNs }) => flops === undefined ? "" : formatDigits(flops / fastestNs),
  },
  {
    title: "of peak",
    // the peak is the processor's
    cell: ({ flops, fastestNs, peak, threads, device }) =>
      flops === undefined || device === "webgpu"
        ? ""
        : formatPercent(flops / fastestNs / (peak * threads)),
  },
  {
    title: "GB/s",
    // where there is arithmetic to speak of, memory is not what limits
    cell: ({ flops, bytes, fastestNs }) =>
      flops !== undefined || bytes === undefined ? "" : formatDigits(bytes / fastestNs),
  },
  {
    title: "samples/s",
    cell: ({ samples, fastestNs }) =>
      samples === undefined ? "" : formatRate(samples / fastestNs * 1e9),
  },
  {
    title: "speed-up",
    cell: (row, first) => row === first ? "" : `${formatDigits(first.fastestNs / row.fastestNs)}x`,
  },
];

/** Renders measurements: a table for each question, a group of rows for each case. */
export function formatMeasurements(gathered: readonly Gathered[]): string {
  const rows = gathered.flatMap(({ wide, peak, measurements }) =>
    measurements.map((measurement): Row => ({ ...measurement, wide, peak }))
  );
  const tables = Object.entries(Object.groupBy(rows, ({ question }) => question));
  return tables.map(([question, rows]) => formatQuestion(question, rows!)).join("\n");
}

function formatQuestion(question: string, rows: readonly Row[]): string {
  const cases = Object.values(Object.groupBy(rows, (row) => row.case)) as Row[][];
  const cells = cases.flatMap((rows) =>
    rows.map((row, i) => [
      i === 0 ? row.case : "",
      variantName(row.variant, row.wide && row.device === "wasm"),
      ...columns.map(({ cell }) => cell(row, rows[0]!)),
    ])
  );
  const titles = [question, "", ...columns.map(({ title }) => title)];
  const used = titles.map((_, c) => c < 2 || cells.some((row) => row[c] !== ""));
  const kept = [titles, ...cells].map((row) => row.filter((_, c) => used[c]));
  return formatTable(kept, { right: kept[0]!.map((_, c) => c).slice(2) });
}

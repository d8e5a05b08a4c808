/**
 * Numbers, durations and tables as people read them.
 *
 * @module
 */

/** Renders a whole number with thousands apart: `60,000`. */
export function formatCount(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

/** Renders how many there are of something: `1 step`, `9,375 steps`. */
export function formatAmount(value: number, noun: string): string {
  return `${formatCount(value)} ${noun}${value === 1 ? "" : "s"}`;
}

/** Renders a loss or metric with four significant digits: `0.9143`, `21.89`, `3.100e-7`. */
export function formatScore(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const magnitude = Math.abs(value);
  if (magnitude !== 0 && magnitude < 1e-4) return value.toExponential(3);
  if (magnitude >= 1e6) return value.toExponential(3);
  if (magnitude >= 1000) return value.toFixed(1);
  return magnitude < 1 ? value.toFixed(4) : value.toPrecision(4);
}

/** Renders a rate with about three digits: `48,200`, `812`, `9.31`. */
export function formatRate(value: number): string {
  if (!Number.isFinite(value)) return "-";
  if (value >= 100) return formatCount(Number(value.toPrecision(3)));
  return value.toPrecision(3);
}

/** Renders a duration: `3.5 ms`, `350 ms`, `3.1 s`, `2 min 05 s`, `1 h 02 min`. */
export function formatSeconds(seconds: number): string {
  if (!Number.isFinite(seconds)) return "-";
  if (seconds < 0.00995) return `${(seconds * 1000).toFixed(1)} ms`;
  if (seconds < 0.9995) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${twoDigits(whole % 60)} s`;
  const minutes = Math.round(whole / 60);
  return `${Math.floor(minutes / 60)} h ${twoDigits(minutes % 60)} min`;
}

/** Renders a short time with three digits, in the unit that fits: `51.2 ns`, `402 µs`, `1.52 ms`. */
export function formatTime(seconds: number): string {
  if (!Number.isFinite(seconds)) return "-";
  if (seconds === 0) return "0 ns";
  if (seconds >= 1000) return `${Math.round(seconds)} s`;
  const units = ["s", "ms", "µs", "ns"];
  let scaled = seconds;
  while (units.length > 1 && Number(scaled.toPrecision(3)) < 1) {
    scaled *= 1000;
    units.shift();
  }
  return `${scaled.toPrecision(3)} ${units[0]}`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, "0");
}

/** How a table is laid out. */
export interface TableOptions {
  /** Columns, from 0, whose cells stand at the right edge. */
  readonly right?: readonly number[];
  /** Text before each line. */
  readonly indent?: string;
}

/** Renders rows as aligned columns, two blanks apart, one line a row, each ended by a newline. */
export function formatTable(
  rows: readonly (readonly string[])[],
  { right = [], indent = "" }: TableOptions = {},
): string {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, i) => widths[i] = Math.max(widths[i] ?? 0, cell.length));
  }
  return rows.map((row) => {
    const cells = row.map((cell, i) =>
      right.includes(i) ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)
    );
    return `${(indent + cells.join("  ")).trimEnd()}\n`;
  }).join("");
}

/** Quotes an argument for a shell, where it needs it. */
export function quoteArgument(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

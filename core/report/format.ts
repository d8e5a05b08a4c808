/**
 * Numbers as the report shows them.
 *
 * @module
 */

/** A whole number with thousands apart: `60,000`. */
export function formatCount(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

/** A loss or metric with four significant digits: `0.9143`, `21.89`, `3.100e-7`. */
export function formatScore(value: number | null | undefined): string {
  // JSON has no NaN: it is written as null.
  if (value === undefined) return "";
  if (value === null || !Number.isFinite(value)) return value === null ? "NaN" : String(value);
  const magnitude = Math.abs(value);
  if (magnitude !== 0 && (magnitude < 1e-4 || magnitude >= 1e6)) return value.toExponential(3);
  if (magnitude >= 1000) return value.toFixed(1);
  return magnitude < 1 ? value.toFixed(4) : value.toPrecision(4);
}

/** A rate with three digits: `48,200`, `9.31`. */
export function formatRate(value: number): string {
  if (!Number.isFinite(value)) return "-";
  return value >= 100 ? formatCount(Number(value.toPrecision(3))) : value.toPrecision(3);
}

/** A duration with three digits, in the unit that fits: `12.3 µs`, `1.52 ms`, `4.10 s`, `2 min 5 s`. */
export function formatSeconds(seconds: number): string {
  if (!Number.isFinite(seconds)) return "-";
  if (seconds >= 60) {
    const whole = Math.round(seconds);
    const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
    return hours > 0 ? joined(hours, "h", minutes, "min") : joined(minutes, "min", whole % 60, "s");
  }
  if (seconds >= 0.9995) return joined(seconds.toPrecision(3), "s");
  if (seconds >= 0.9995e-3) return joined((seconds * 1e3).toPrecision(3), "ms");
  return joined((seconds * 1e6).toPrecision(3), "µs");
}

/** A share in percent with one decimal: `12.3 %`. */
export function formatShare(share: number): string {
  return Number.isFinite(share) ? joined((share * 100).toFixed(1), "%") : "-";
}

/** A moment in UTC, to the minute: `2026-11-22 16:15 UTC`. */
export function formatMoment(moment: Date): string {
  return `${moment.toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

/** Numbers and units that stay in one line. */
function joined(...parts: readonly (string | number)[]): string {
  return parts.join("\u00a0");
}

/**
 * Numbers as people read them: counts, amounts, scores, rates, durations, bytes.
 *
 * @module
 */

/** A whole number with thousands apart: `60,000`. */
export function formatCount(value: number): string {
  // the first toLocaleString() of a process takes 25 ms
  const whole = Math.round(value);
  // from 1e21 on a number is written with an exponent
  const digits = Math.abs(whole) >= 1e21 && Number.isFinite(whole) ? BigInt(whole) : whole;
  return String(digits).replaceAll(/\B(?=(?:\d{3})+$)/g, ",");
}

/** How many there are of something: `1 step`, `9,375 steps`. */
export function formatAmount(value: number, noun: string): string {
  return `${formatCount(value)} ${noun}${value === 1 ? "" : "s"}`;
}

/** A loss or metric with four significant digits: `0.9143`, `21.89`, `3.100e-7`. */
export function formatScore(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const magnitude = Math.abs(value);
  if (magnitude !== 0 && (magnitude < 1e-4 || magnitude >= 1e6)) return value.toExponential(3);
  if (magnitude >= 1000) return value.toFixed(1);
  return magnitude < 1 ? value.toFixed(4) : value.toPrecision(4);
}

/** A rate with three digits: `48,200`, `812`, `9.31`. */
export function formatRate(value: number): string {
  if (!Number.isFinite(value)) return "-";
  return value >= 100 ? formatCount(Number(value.toPrecision(3))) : value.toPrecision(3);
}

/** A duration with three digits: `51.2 ns`, `3.52 ms`, `3.14 s`, `2 min 05 s`, `1 h 02 min`. */
export function formatSeconds(seconds: number): string {
  if (!Number.isFinite(seconds)) return "-";
  // what is left of a difference of two times is no time
  if (Math.abs(seconds) < 1e-12) return "0 s";
  if (seconds < 59.95) return formatShortTime(seconds);
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${twoDigits(whole % 60)} s`;
  const minutes = Math.round(whole / 60);
  return `${Math.floor(minutes / 60)} h ${twoDigits(minutes % 60)} min`;
}

function formatShortTime(seconds: number): string {
  const units = ["s", "ms", "µs", "ns"];
  let unit = 0;
  let scaled = seconds;
  // 0.9996 is 1 in three digits
  while (Math.abs(Number(scaled.toPrecision(3))) < 1 && unit < units.length - 1) {
    scaled *= 1000;
    unit++;
  }
  return `${scaled.toPrecision(3)} ${units[unit]}`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, "0");
}

/** A share in percent with one decimal: `12.3 %`. */
export function formatShare(share: number): string {
  return Number.isFinite(share) ? `${(share * 100).toFixed(1)} %` : "-";
}

/** A quantity with three digits and a prefix of its unit: `12.8 M`, `950`. */
export function formatQuantity(quantity: number): string {
  const prefixes = ["", " k", " M", " G", " T"];
  let prefix = 0;
  let scaled = quantity;
  // 999.6 is 1000 in three digits
  while (Number(scaled.toPrecision(3)) >= 1000 && prefix < prefixes.length - 1) {
    scaled /= 1000;
    prefix++;
  }
  return `${prefix === 0 ? scaled : scaled.toPrecision(3)}${prefixes[prefix]}`;
}

/** Bytes with three digits and a unit: `1.22 MB`, `950 B`. */
export function formatBytes(bytes: number): string {
  return `${formatQuantity(bytes)}${bytes < 1000 ? " " : ""}B`;
}

/** Names one after the other; of many, the first ten. */
export function listShort(names: readonly string[]): string {
  return names.length <= 12 ? names.join(", ") : `${names.slice(0, 10).join(", ")}, …`;
}

/** Text with control characters, but for line feeds, in digits: a terminal would obey them. */
export function visibleText(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replaceAll(/[\0-\x09\x0b-\x1f\x7f-\x9f]/g, (character) => {
    const code = character.charCodeAt(0);
    return escapes[character] ?? `\\x${code.toString(16).padStart(2, "0")}`;
  });
}

const escapes: Readonly<Record<string, string>> = { "\t": "\\t", "\r": "\\r" };

/**
 * Numbers as the report shows them: with their units in one line, and with gaps where there are none.
 *
 * @module
 */
import { formatScore, formatSeconds, formatShare } from "../format.ts";

/** A loss or metric of a record; nothing where there is none. JSON has no NaN: it is written as null. */
export function scoreText(value: number | null | undefined): string {
  return value === undefined ? "" : formatScore(value ?? NaN);
}

/** A duration. */
export function secondsText(seconds: number): string {
  return unbroken(formatSeconds(seconds));
}

/** A share in percent. */
export function shareText(share: number): string {
  return unbroken(formatShare(share));
}

/** A moment in UTC, to the minute: `2026-11-22 16:15 UTC`. */
export function formatMoment(moment: Date): string {
  return `${moment.toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

function unbroken(text: string): string {
  return text.replaceAll(" ", "\u00a0");
}

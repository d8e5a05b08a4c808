/**
 * What a device reaches on this machine, as text.
 *
 * @module
 */
import { formatBytes, formatRate } from "../format.ts";
import type { Limits, Reach } from "../plan/mod.ts";

/** Renders limits, a line for one thread and one for all: the peak, elementwise work, bandwidths. */
export function limitsLines(
  { threads, contraction, elementwise, bandwidth }: Limits,
): readonly string[] {
  const line = (subject: string, who: keyof Reach) => {
    const giga = (reach: Reach) => formatRate(reach[who] / 1e9);
    const levels = bandwidth.map((level) => `${giga(level)} GB/s at ${formatBytes(level.bytes)}`);
    return `${subject} here: peak ${giga(contraction)} GFLOP/s, ` +
      `elementwise ${giga(elementwise)} GFLOP/s, memory ${levels.join(", ")}`;
  };
  const alone = line("1 thread reaches", "alone");
  return threads === 1 ? [alone] : [alone, line(`${threads} threads reach`, "together")];
}

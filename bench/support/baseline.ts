/**
 * Baselines: what was measured as ratios to the calibration loop, so that they can be compared with
 * what is measured later, also at another clock rate and, roughly, on another machine.
 *
 * @module
 */
import { z } from "zod";
import { formatTable } from "../../core/table.ts";
import { UsageError } from "../../core/errors.ts";
import { formatDigits, variantName } from "./format.ts";
import type { Gathered } from "./gather.ts";
import type { Provenance } from "./machine.ts";

/** Ratios to the calibration loop by case, those with wide vectors apart. */
export type Ratios = Readonly<Record<string, number>>;

/** A baseline as it is kept in a file. */
export interface Baseline extends Provenance {
  readonly ratios: Ratios;
}

const schema = z.object({
  date: z.string(),
  machine: z.object({
    processor: z.string(),
    cores: z.number(),
    memoryGiB: z.number(),
    system: z.string(),
  }),
  versions: z.record(z.string(), z.string()),
  ratios: z.record(z.string(), z.number().positive()),
});

/**
 * Reads a baseline.
 *
 * @throws {UsageError} When the text is none.
 */
export function parseBaseline(text: string, file: string): Baseline {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (error) {
    throw new UsageError(`Cannot read baseline "${file}": ${(error as Error).message}`);
  }
  const parsed = schema.safeParse(data);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new UsageError(
    `Cannot read baseline "${file}": field "${issue!.path.join(".")}": ${issue!.message}`,
  );
}

/** The ratios of what was measured, one variant of each case. */
export function ratiosOf(gathered: readonly Gathered[]): Ratios {
  return Object.fromEntries(
    gathered.flatMap(({ wide, measurements }) =>
      measurements.map(({ case: name, ratio }) => [
        variantName(name, wide),
        Number(ratio.toPrecision(4)),
      ])
    ),
  );
}

/** The smaller of each ratio: noise only ever adds. */
export function smallest(a: Ratios, b: Ratios): Ratios {
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  return Object.fromEntries(
    names.map((name) => [name, Math.min(a[name] ?? Infinity, b[name] ?? Infinity)]),
  );
}

/** A ratio before and after. */
export interface Change {
  readonly name: string;
  /** `undefined` where the baseline has none. */
  readonly before: number | undefined;
  /** `undefined` where it is no longer measured. */
  readonly after: number | undefined;
  /** How much longer it takes, as a share: 0.1 for a tenth longer; 0 where there is nothing to compare. */
  readonly change: number;
  readonly verdict: "slower" | "faster" | "same" | "added" | "gone";
}

/**
 * Compares ratios.
 *
 * @param tolerance Share by which a ratio may grow and still count as the same.
 */
export function compareRatios(
  [before, after]: readonly [Ratios, Ratios],
  { tolerance }: { readonly tolerance: number },
): Change[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return names.map((name) => {
    const [old, now] = [before[name], after[name]];
    if (old === undefined || now === undefined) {
      const verdict = old === undefined ? "added" : "gone";
      return { name, before: old, after: now, change: 0, verdict };
    }
    const change = now / old - 1;
    // a third faster and a half slower are the same distance
    const verdict = now > old * (1 + tolerance)
      ? "slower"
      : old > now * (1 + tolerance)
      ? "faster"
      : "same";
    return { name, before: old, after: now, change, verdict };
  });
}

/** Renders changes as a table, what got slower marked. */
export function formatChanges(changes: readonly Change[]): string {
  const ratio = (value: number | undefined) => value === undefined ? "-" : formatDigits(value);
  const rows = changes.map(({ name, before, after, change, verdict }) => [
    verdict === "slower" ? "!" : "",
    name,
    ratio(before),
    ratio(after),
    before === undefined || after === undefined ? "" : formatChange(change),
    verdict === "same" ? "" : verdict,
  ]);
  return formatTable([
    ["", "ratio to the calibration loop", "before", "after", "change", ""],
    ...rows,
  ], {
    right: [2, 3, 4],
  });
}

function formatChange(change: number): string {
  const percent = (100 * change).toFixed(1).replace(/^-0\.0$/, "0.0");
  return `${percent.startsWith("-") ? "" : "+"}${percent} %`;
}

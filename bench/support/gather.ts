/**
 * Measures cases in processes of their own: one with V8 as it is, one in which it may use 256-bit
 * vectors.
 *
 * @module
 */
import type { Option } from "../../core/cli/options.ts";
import type { Questions } from "../questions.ts";
import { type BenchDevice, benchDevices } from "./case.ts";
import type { Measured, Measurement, MeasureOptions } from "./measure.ts";
import { runModule, wideFlag } from "./process.ts";

/**
 * All variants; those that V8's flags make a difference to; or of these the ones on one thread, whose
 * times are much steadier.
 */
export type VariantChoice = "all" | "wasm" | "wasm on one thread";

/** With which devices measurements are made. */
export const deviceChoices = [...benchDevices, "both"] as const;

/** The option that says so. */
export const deviceOption: Option = {
  name: "device",
  value: deviceChoices.join("|"),
  description: "The device that is measured; default wasm",
};

/** What a measuring process is told. */
export interface Assignment extends Omit<MeasureOptions, "onRound"> {
  /** Names of the cases by question. */
  readonly wanted: Readonly<Record<string, readonly string[]>>;
  /** Whether V8 may use 256-bit vectors. */
  readonly wide: boolean;
  /** Which variants of the cases. */
  readonly variants: VariantChoice;
  /** Devices whose variants are measured. */
  readonly devices: readonly BenchDevice[];
}

/** With which of V8's settings measurements are made. */
export const flagChoices = ["both", "none", "wide"] as const;

/** The option that says so. */
export const flagsOption: Option = {
  name: "flags",
  value: flagChoices.join("|"),
  description: `V8 as it is, with ${wideFlag} ("wide"), or both; default both`,
};

/** What was measured, with V8's setting. */
export interface Gathered {
  readonly wide: boolean;
  /** The most GFLOP/s of a thread. */
  readonly peak: number;
  readonly measurements: readonly Measurement[];
}

/** Measures cases, one process after the other. */
export async function gather(
  questions: Questions,
  { flags, variants, ...options }: Omit<Assignment, "wanted" | "wide"> & {
    readonly flags: typeof flagChoices[number];
  },
): Promise<Gathered[]> {
  const wanted = Object.fromEntries(
    Object.entries(questions).map(([question, cases]) => [question, cases.map(({ name }) => name)]),
  );
  const gathered: Gathered[] = [];
  for (const wide of { both: [false, true], none: [false], wide: [true] }[flags]) {
    // what V8's flags make no difference to is measured once, in the process without them
    const own = wide && flags === "both" && variants === "all" ? "wasm" : variants;
    const assignment: Assignment = { ...options, wanted, wide, variants: own };
    const text = await runModule("bench/support/measure_process.ts", {
      args: [JSON.stringify(assignment)],
      wide,
      isShown: true,
    });
    gathered.push({ wide, ...JSON.parse(text) as Measured });
  }
  return gathered;
}

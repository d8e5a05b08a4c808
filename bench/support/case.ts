/**
 * What a bench asks: cases, each a piece of work of known size, and variants, the ways of doing it.
 * One list of cases serves `deno bench`, the tables of `bench:table`, and `bench:save`.
 *
 * @module
 */
import type { Elements } from "@millrace/millrace";
import { wasmDevice } from "../../core/devices/mod.ts";
import { defaultThreads } from "../../core/verbs.ts";

/** A variant made ready: it does the work of its case as often as wanted. */
export interface Runner {
  /**
   * Does the work once.
   *
   * @returns A promise where the work needs one; of a number, where the work measures itself (it runs
   * in a process of its own): the nanoseconds that it took.
   */
  run(): void | Promise<void | number>;
  /** Does the work so often, and waits for its end once: there where waiting takes longer than the work. */
  together?(runs: number): Promise<void>;
  /** Most runs that `together` does. */
  readonly mostTogether?: number;
  /** What the last run computed: all variants of a case compute the same. */
  result?(): Elements | Promise<Elements>;
  /** Frees what it holds. */
  close?(): void | Promise<void>;
}

/** Devices that are measured. */
export const benchDevices = ["wasm", "webgpu"] as const;

/** A device that is measured. */
export type BenchDevice = typeof benchDevices[number];

/** A way of doing the work of a case. */
export interface Variant {
  /** Tells it from the other variants of its case: `"loop"`, `"1 thread"`. */
  readonly name: string;
  /** Number of threads that it works on. */
  readonly threads: number;
  /**
   * The device that is measured: what is done for `wasm`, V8's flags change, and what is done by `webgpu`
   * is measured only where that is asked for. Absent where none is.
   */
  readonly device?: BenchDevice;
  /** Whether its run measures itself, so that a clock around it would tell something else. */
  readonly isSelfTimed?: boolean;
  /** Makes it ready. */
  prepare(): Runner | Promise<Runner>;
}

/** One piece of work, done by each of its variants. */
export interface BenchCase {
  /** What is done, with its sizes: `"matmul 128x784x128"`. */
  readonly name: string;
  /** Floating-point operations, by the definition of the work. */
  readonly flops?: number;
  /** Bytes that must be read and written, each operand once. */
  readonly bytes?: number;
  /** Rows of training data. */
  readonly samples?: number;
  /**
   * Whether `bench:save` keeps it and `bench:compare` watches it. Its runs are shorter than 3 ms, which
   * a process has undisturbed also on a machine with more work than processors.
   */
  readonly isWatched?: boolean;
  /** The ways of doing it; the first is what the others are compared with. */
  readonly variants: readonly Variant[];
}

/** A thread for each processor, as sessions have when no number is given. */
export const allThreads: number = defaultThreads(wasmDevice());

/** Numbers of threads that variants run on: one, and all where that is more. */
export const threadCounts: readonly number[] = allThreads === 1 ? [1] : [1, allThreads];

/** Names a variant by its threads; the name does not depend on the machine. */
export function threadsName(threads: number): string {
  if (threads === 1) return "1 thread";
  return threads === allThreads ? "all threads" : `${threads} threads`;
}

/** The work as a plain TypeScript loop. */
export function loopVariant(prepare: () => Runner): Variant {
  return { name: "loop", threads: 1, prepare };
}

/**
 * Gives cases to `deno bench`. Does nothing when the module of the cases is imported by another
 * program; `deno bench` starts each module as a main module, without saying so in `import.meta.main`.
 */
export async function register(
  cases: readonly BenchCase[],
  module: Pick<ImportMeta, "url">,
): Promise<void> {
  if (Deno.mainModule !== module.url) return;
  for (const { name: group, variants } of cases) {
    const [first] = variants;
    // what a GPU does is waited for too long to be timed run by run
    const timed = variants.filter(({ isSelfTimed = false, device }) =>
      !isSelfTimed && device !== "webgpu"
    );
    for (const variant of timed) {
      const { run } = await variant.prepare();
      const baseline = variant === first && variants.length > 1;
      Deno.bench({ name: variant.name, group, baseline, fn: run as () => void });
    }
  }
}

/**
 * Times the variants of cases. Rounds go over all of them, so that a disturbance of the machine hits
 * one round of everything and no variant whole; the fastest run counts, for noise only ever adds.
 *
 * @module
 */
import type { BenchCase, BenchDevice, Runner, Variant } from "./case.ts";
import { calibrationLoop, measurePeak } from "./calibration.ts";

/** How variants are timed. */
export interface MeasureOptions {
  /** Times that every variant has its turn. */
  readonly rounds: number;
  /** Milliseconds of a turn; at least one run is done. */
  readonly turnMs: number;
  /** Milliseconds of running before the first round, so that V8 has recompiled what is hot. */
  readonly warmUpMs: number;
  /** Told before each round. */
  onRound?(round: number): void;
}

/** What was measured of a variant. */
export interface Measurement extends Pick<BenchCase, "flops" | "bytes" | "samples"> {
  /** The question, the case and the variant, by name. */
  readonly question: string;
  readonly case: string;
  readonly variant: string;
  readonly threads: number;
  readonly device?: BenchDevice;
  /** Nanoseconds of the fastest run. */
  readonly fastestNs: number;
  /** Median over the rounds of each round's fastest run. */
  readonly medianNs: number;
  /** `fastestNs` over that of the calibration loop in this process. */
  readonly ratio: number;
}

/** What was measured in one process. */
export interface Measured {
  /** The most GFLOP/s that a thread of the process reaches. */
  readonly peak: number;
  readonly measurements: readonly Measurement[];
}

/** A variant being measured: its runner, how many runs are timed together, and its rounds so far. */
interface Running {
  readonly question: string;
  readonly case: BenchCase;
  readonly variant: Variant;
  readonly runner: Runner;
  readonly repeat: number;
  readonly rounds: number[];
}

/** Times the chosen variants of the cases of questions. */
export async function measure(
  questions: Readonly<Record<string, readonly BenchCase[]>>,
  { rounds, turnMs, warmUpMs, onRound, chooses }: MeasureOptions & {
    readonly chooses: (variant: Variant) => boolean;
  },
): Promise<Measured> {
  const peak = measurePeak();
  const calibration = calibrationLoop();
  fastestNs(calibration, { warmUpMs, ms: turnMs });
  const running: Running[] = [];
  for (const [question, cases] of Object.entries(questions)) {
    for (const one of cases) {
      for (const variant of one.variants.filter(chooses)) {
        const runner = await variant.prepare();
        // what measures itself does so in new processes: there is nothing to warm up
        const repeat = variant.isSelfTimed === true ? 1 : await warmUp(runner, warmUpMs);
        running.push({ question, case: one, variant, runner, repeat, rounds: [] });
      }
    }
  }
  const calibrations: number[] = [];
  for (let round = 0; round < rounds; round++) {
    onRound?.(round);
    for (const { variant, runner, repeat, rounds } of running) {
      calibrations.push(fastestNs(calibration, { warmUpMs: 0, ms: 1 }));
      const ms = variant.isSelfTimed === true ? 0 : turnMs;
      rounds.push(await turn(runner, { repeat, ms }));
    }
  }
  for (const { runner } of running) await runner.close?.();
  const unit = Math.min(...calibrations);
  const measurements = running.map(({ question, case: { name, flops, bytes, samples }, ...of }) => {
    const fastest = Math.min(...of.rounds);
    return {
      question,
      case: name,
      variant: of.variant.name,
      threads: of.variant.threads,
      ...(of.variant.device === undefined ? {} : { device: of.variant.device }),
      ...(flops === undefined ? {} : { flops }),
      ...(bytes === undefined ? {} : { bytes }),
      ...(samples === undefined ? {} : { samples }),
      fastestNs: fastest,
      medianNs: median(of.rounds),
      ratio: fastest / unit,
    };
  });
  return { peak, measurements };
}

/** Nanoseconds of the fastest run of a loop that is synchronous. */
export function fastestNs(
  { run }: { run(): void },
  { warmUpMs, ms }: { readonly warmUpMs: number; readonly ms: number },
): number {
  for (const end = performance.now() + warmUpMs; performance.now() < end;) run();
  let best = Infinity;
  for (const end = performance.now() + ms; performance.now() < end;) {
    const started = performance.now();
    run();
    best = Math.min(best, performance.now() - started);
  }
  return best * 1e6;
}

/** Milliseconds that runs are timed together for where one is shorter: the clock costs 0.1 µs. */
const togetherMs = 0.2;

/** The same where what is waited for takes its time: a hundredth of it is the wait, about. */
const queuedMs = 100;

/** Runs for a while; gives how many runs are timed together. */
async function warmUp(runner: Runner, ms: number): Promise<number> {
  const { together, mostTogether = 1 } = runner;
  if (together !== undefined) {
    await together(1);
    const started = performance.now();
    await together(mostTogether);
    const single = (performance.now() - started) / mostTogether;
    return Math.max(1, Math.min(mostTogether, Math.floor(queuedMs / single)));
  }
  let runs = 0;
  const started = performance.now();
  do {
    const done = runner.run();
    if (done instanceof Promise) await done;
    runs++;
  } while (performance.now() < started + ms);
  return Math.ceil(togetherMs * runs / (performance.now() - started));
}

/** Nanoseconds of the fastest run of a turn; there is one at least. */
async function turn(
  { run, together }: Runner,
  { repeat, ms }: { readonly repeat: number; readonly ms: number },
): Promise<number> {
  let best = Infinity;
  const end = performance.now() + ms;
  do {
    let own: number | void = undefined;
    const started = performance.now();
    if (together !== undefined) await together(repeat);
    else {
      for (let i = 0; i < repeat; i++) {
        const done = run();
        if (done instanceof Promise) own = await done;
      }
    }
    best = Math.min(best, own ?? (performance.now() - started) * 1e6 / repeat);
  } while (performance.now() < end);
  return best;
}

/** The middle of numbers; of an even count, the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle) - 1]!) / 2;
}

/**
 * Measures training while it goes on: every step whose program was prepared with a clock, and what the
 * loop does between steps.
 *
 * @module
 */
import { pipelineError } from "../errors.ts";
import { betterLimits, type Limits } from "../plan/mod.ts";
import type { RunTimes } from "../devices/mod.ts";
import type { Engine, Program } from "./engine.ts";
import { type StepMeasures, stepProfile, type TrainProfile } from "./profile.ts";
import { Samples } from "./samples.ts";

/** Gathers the times of steps and of the loop around them. */
export class Profiler {
  #limits: Limits | null;
  readonly #series = new Map<Program, StepSeries>();
  readonly #loop = { computing: 0, waiting: 0, clock: 0, feeding: 0, compiling: 0, validating: 0 };
  #started = performance.now();
  #ended: number | undefined;
  /** Seconds that the next step has waited for its batch. */
  #fed = 0;

  /** Takes what the device reaches, to predict times from; `null` predicts none. */
  constructor(limits: Limits | null) {
    this.#limits = limits;
  }

  /**
   * Measures what the device of an engine reaches, and prepares to measure steps of a program.
   *
   * @throws {PipelineError} When the device has no clock.
   */
  static async open({ device, session }: Engine, { plan, executable }: Program): Promise<Profiler> {
    if (executable.times === undefined) {
      throw pipelineError({
        code: "profile",
        path: "",
        message: `Cannot measure the steps of "${plan.name}": the device has no clock`,
        hint: "leave the profile out, or choose another device",
      });
    }
    return new Profiler(await device.measure?.({ threads: session.threads }) ?? null);
  }

  /** Measures again what the device reaches: when training began, other work may have taken a part. */
  async measureAgain({ device, session }: Engine): Promise<void> {
    const again = await device.measure?.({ threads: session.threads }) ?? null;
    if (this.#limits !== null && again !== null) this.#limits = betterLimits(this.#limits, again);
  }

  /** The loop begins. */
  start(): void {
    this.#started = performance.now();
  }

  /** Gets a batch for the next step, and counts the time until it is there. */
  feed(fill: () => void | Promise<void>): void | Promise<void> {
    const started = performance.now();
    const filled = () => {
      this.#fed += (performance.now() - started) / 1000;
    };
    const filling = fill();
    return filling instanceof Promise ? filling.then(filled) : filled();
  }

  /** Takes up the times of a step that a program has just run. */
  step(program: Program): void {
    const times = program.executable.times!();
    const series = this.#series.get(program) ?? new StepSeries(times);
    this.#series.set(program, series);
    series.add(times, this.#fed);
    const { waiting, clock } = series.last;
    this.#loop.waiting += waiting;
    this.#loop.clock += clock;
    this.#loop.computing += times.total - waiting - clock;
    this.#loop.feeding += this.#fed;
    this.#fed = 0;
  }

  /** Counts the time of a pass over the validation split. */
  validate<T>(run: () => Promise<T>): Promise<T> {
    return this.#spend("validating", run);
  }

  /** Counts the time in which programs are compiled. */
  compile<T>(run: () => Promise<T>): Promise<T> {
    return this.#spend("compiling", run);
  }

  async #spend<T>(part: "validating" | "compiling", run: () => Promise<T>): Promise<T> {
    const started = performance.now();
    const result = await run();
    this.#loop[part] += (performance.now() - started) / 1000;
    return result;
  }

  /** The loop ends. */
  end(): void {
    this.#ended = performance.now();
  }

  /** Where the time went; `null` when no step was taken. */
  profile(): TrainProfile | null {
    const total = ((this.#ended ?? performance.now()) - this.#started) / 1000;
    const known = Object.values(this.#loop).reduce((sum, seconds) => sum + seconds, 0);
    const [most, ...others] = [...this.#series].map(([program, series]) => ({
      program,
      measures: series.measures(),
      total: series.total,
    })).sort((a, b) => workOf(b) - workOf(a));
    if (most === undefined) return null;
    const { program: { plan, traced: { batchSize } }, measures } = most;
    return {
      step: stepProfile(plan, { batchSize, limits: this.#limits, measures }),
      otherSteps: {
        steps: others.reduce((sum, { measures: { steps } }) => sum + steps, 0),
        seconds: others.reduce((sum, { total }) => sum + total, 0),
      },
      loop: { total, ...this.#loop, other: total - known },
    };
  }
}

/** What the steps of a program have to do: seconds would choose now this program, now that. */
function workOf(
  { program: { plan }, measures: { steps } }: {
    readonly program: Program;
    readonly measures: StepMeasures;
  },
): number {
  return steps * plan.commands.reduce((sum, { flops }) => sum + flops, 0);
}

/** The times of all steps of one program. */
class StepSeries {
  #steps = 0;
  readonly #threads: number;
  readonly #step = {
    seconds: new Samples(),
    waiting: new Samples(),
    clock: new Samples(),
    feeding: new Samples(),
  };
  readonly #kernels: readonly { readonly seconds: Samples; readonly waiting: Samples }[];
  /** Of the last step, means of the threads. */
  last = { waiting: 0, clock: 0 };
  /** Seconds of all steps. */
  total = 0;

  constructor({ work, clock }: RunTimes) {
    this.#threads = clock.length;
    this.#kernels = work.map(() => ({ seconds: new Samples(), waiting: new Samples() }));
  }

  add({ total, work, wait, clock }: RunTimes, feeding: number): void {
    this.#steps++;
    this.total += total;
    let waiting = 0;
    wait.forEach((threads, i) => {
      const mean = meanOf(threads);
      waiting += mean;
      this.#kernels[i]?.waiting.add(mean);
    });
    work.forEach((threads, i) => this.#kernels[i]!.seconds.add(Math.max(...threads)));
    this.last = { waiting, clock: meanOf(clock) };
    this.#step.seconds.add(total);
    this.#step.waiting.add(waiting);
    this.#step.clock.add(this.last.clock);
    this.#step.feeding.add(feeding);
  }

  measures(): StepMeasures {
    const { seconds, waiting, clock, feeding } = this.#step;
    return {
      steps: this.#steps,
      threads: this.#threads,
      seconds: seconds.median,
      waiting: waiting.median,
      clock: clock.median,
      feeding: feeding.median,
      kernels: this.#kernels.map(({ seconds, waiting }) => ({
        seconds: seconds.median,
        waiting: waiting.median,
      })),
    };
  }
}

function meanOf(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}

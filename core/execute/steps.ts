/**
 * The steps of training, taken one after the other and counted: losses are read after each, or, where
 * the device has a queue, some steps later, many at once; and every so often a step is reported.
 *
 * @module
 */
import type { Elements } from "../tensor/mod.ts";
import type { KeptBatch } from "../devices/mod.ts";
import { outcomeOutput, StepOutcome } from "../differentiate/mod.ts";
import type { Engine, Program } from "./engine.ts";
import type { Pace } from "./pace.ts";
import type { Profiler } from "./profiler.ts";
import type { Position, RunKeeper } from "./run_keeper.ts";
import type { ScoreKeeper } from "./scores.ts";
import type { TrainOptions } from "./types.ts";

/** What steps are taken with. */
interface StepsOptions {
  /** Gathers losses and metrics. */
  readonly scores: ScoreKeeper;
  readonly pace: Pace;
  readonly keeper: RunKeeper;
  readonly profiler: Profiler | null;
  readonly options: Pick<TrainOptions, "logEvery" | "onEvent"> & { readonly started: number };
}

/** Takes steps, and knows how many were taken. */
export class Steps {
  /** Epochs that are done. */
  epoch = 0;
  /** Steps of the unfinished epoch whose losses were read. */
  inEpoch = 0;
  /** Steps of all epochs whose losses were read. */
  count = 0;
  /** From the call of `train` to the first step; NaN before. */
  secondsToFirst = NaN;
  /** Steps that were run and whose losses were not read yet. */
  readonly #queued: { readonly program: Program; readonly rows: number }[] = [];
  readonly #engine: Engine;
  readonly #scores: ScoreKeeper;
  readonly #pace: Pace;
  readonly #keeper: RunKeeper;
  readonly #profiler: Profiler | null;
  readonly #options: StepsOptions["options"];
  readonly #logEvery: number;

  /** Takes no step yet. */
  constructor(engine: Engine, { scores, pace, keeper, profiler, options }: StepsOptions) {
    this.#engine = engine;
    this.#scores = scores;
    this.#pace = pace;
    this.#keeper = keeper;
    this.#profiler = profiler;
    this.#options = options;
    this.#logEvery = options.logEvery ?? 50;
  }

  /** Goes on from where a checkpoint was taken. */
  goOnFrom({ epoch, stepInEpoch, step }: Omit<Position, "scores">): void {
    this.epoch = epoch;
    this.inEpoch = stepInEpoch;
    this.count = step;
  }

  /** Where training is. */
  get position(): Omit<Position, "scores"> {
    return { epoch: this.epoch, stepInEpoch: this.inEpoch, step: this.count };
  }

  /** Steps of the epoch that were run, whether their losses were read or not. */
  get run(): number {
    return this.inEpoch + this.#queued.length;
  }

  /**
   * Runs the next step; tells whether all losses that were read are finite. A promise only where the
   * device needs one.
   *
   * @param options.batch Its batch, where rows are on the device; else what stands in the inputs.
   * @param options.isLast Whether no other step of the same program follows.
   */
  take(
    program: Program,
    { rows, batch, isLast }: {
      readonly rows: number;
      readonly batch: KeptBatch | undefined;
      readonly isLast: boolean;
    },
  ): boolean | Promise<boolean> {
    const { queue } = program.executable;
    if (queue !== undefined && this.#profiler === null) {
      this.#engine.enqueue(program, this.count + this.#queued.length + 1, batch);
      this.#queued.push({ program, rows });
      const isLogged = (this.count + this.#queued.length) % this.#logEvery === 0;
      const isFull = this.#queued.length === queue.most;
      const isDue = isLast || isLogged || isFull || this.#pace.reportWouldBeDue;
      return isDue ? this.collect() : true;
    }
    const ran = this.#engine.run(program, this.count + 1, batch);
    const read = () => {
      this.#profiler?.step(program);
      const loss = this.#scores.add((name) => this.#engine.read(program, name), rows);
      const outcome = hasOutcome(program) ? this.#engine.read(program, outcomeOutput) : undefined;
      return loss instanceof Promise || outcome instanceof Promise
        ? Promise.all([loss, outcome]).then((read) => this.#finish(rows, ...read))
        : this.#finish(rows, loss, outcome);
    };
    return ran instanceof Promise ? ran.then(read) : read();
  }

  /** Reads what the queued steps gave, up to the first loss that is not finite; tells whether all are. */
  async collect(): Promise<boolean> {
    const steps = this.#queued.splice(0);
    if (steps.length === 0) return true;
    const outputs = await this.#engine.collect(steps[0]!.program);
    return steps.every(({ rows }, i) =>
      this.#finish(
        rows,
        this.#scores.addRead(outputs[i]!, rows),
        outputs[i]!.get(outcomeOutput),
      )
    );
  }

  /** The epoch is done. */
  endEpoch(): void {
    this.epoch++;
    this.inEpoch = 0;
  }

  /**
   * Counts a step and reports it: every so many steps, and to the listener at least so often. Tells
   * whether its loss is finite, and its gradients at the least scale of the loss, where that is scaled.
   */
  #finish(rows: number, loss: number, outcome?: Elements): boolean {
    this.count++;
    this.inEpoch++;
    if (!Number.isFinite(loss) || outcome?.[0] === StepOutcome.diverged) return false;
    this.#report(rows, loss);
    return true;
  }

  #report(rows: number, loss: number): void {
    const pace = this.#pace;
    pace.count(rows);
    if (Number.isNaN(this.secondsToFirst)) {
      this.secondsToFirst = (performance.now() - this.#options.started) / 1000;
    }
    const isLogged = this.count % this.#logEvery === 0;
    if (!isLogged && !pace.reportIsDue) return;
    const event = {
      kind: "step",
      epoch: this.epoch + 1,
      step: this.count,
      loss,
      samplesPerSecond: pace.report(),
    } as const;
    if (isLogged) this.#keeper.tell(event);
    else this.#options.onEvent?.(event);
  }
}

/** Whether a program tells how its steps went: those that scale losses do, where there is a gradient. */
function hasOutcome({ plan }: Program): boolean {
  return plan.outputs.some(({ name }) => name === outcomeOutput);
}

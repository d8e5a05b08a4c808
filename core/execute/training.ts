/**
 * The training loop: epochs, batches in a seeded order, steps, events, checkpoints. All that a step
 * depends on is the variables, the seed, and (epoch, step): so a resumed run takes the same steps.
 *
 * @module
 */
import { PipelineError, pipelineError } from "../errors.ts";
import { type HostTensor, permutation, sizeOf } from "../tensor/mod.ts";
import { sha256 } from "../formats/mod.ts";
import { describePipeline, type PipelineDescription } from "../check/mod.ts";
import { changesSince, type RunIdentity } from "./changes.ts";
import { diagnose } from "./diagnose.ts";
import { allFinite, type Engine, isModelVariable, type Program } from "./engine.ts";
import { evaluateFeed, evaluateSplit, fitStages, openEvaluation } from "./evaluation.ts";
import { type Feed, openFeed } from "./feed.ts";
import { saveModel } from "./model.ts";
import { Pace } from "./pace.ts";
import type { TrainProfile } from "./profile.ts";
import { Profiler } from "./profiler.ts";
import { type Checkpoint, RunDirectory } from "./run_directory.ts";
import { ScoreKeeper } from "./scores.ts";
import type { RunEvent, Scores, TrainOptions, TrainResult } from "./types.ts";

/** Trains on an opened engine. */
export async function runTraining(
  engine: Engine,
  options: TrainOptions & { readonly started: number },
): Promise<TrainResult> {
  const { batchSize } = engine.checked.resolved.run;
  const program = await engine.program("train", batchSize);
  if (program.graph.updates.length === 0) {
    throw pipelineError({
      code: "training",
      path: "",
      message: "Cannot train this pipeline: no optimizer updates anything",
      hint: "wire a loss to backward(), its gradients to an optimizer, and list that in stages",
    });
  }
  const profiler = options.profile === true ? await Profiler.open(engine, program) : null;
  const directory = options.runDirectory === undefined
    ? null
    : await RunDirectory.open(options.runDirectory, { fresh: options.resume !== true });
  const feed = await openFeed(engine.checked, {
    inputs: program.traced.data,
    split: "train",
    limit: options.limit,
  });
  if (feed === null) {
    throw pipelineError({
      code: "split",
      path: "",
      message: "Cannot train: the loader has no training split",
    });
  }
  const training = new Training(engine, program, feed, directory, { ...options, profiler });
  try {
    return await training.run();
  } finally {
    training.close();
    feed.close();
  }
}

class Training {
  readonly #keeper: ScoreKeeper;
  readonly #description: PipelineDescription;
  readonly #fingerprint: string;
  readonly #profiler: Profiler | null;
  #epoch = 0;
  #stepInEpoch = 0;
  #step = 0;
  readonly #pace = new Pace();
  #secondsToFirstStep = NaN;
  #checkpointed = -1;
  #validation: Feed | null | undefined;

  constructor(
    readonly engine: Engine,
    readonly program: Program,
    readonly feed: Feed,
    readonly directory: RunDirectory | null,
    readonly options: TrainOptions & {
      readonly started: number;
      readonly profiler: Profiler | null;
    },
  ) {
    this.#keeper = new ScoreKeeper(program.traced);
    this.#description = describePipeline(engine.checked.resolved);
    this.#fingerprint = fingerprintOf(this.#description, feed);
    this.#profiler = options.profiler;
  }

  async run(): Promise<TrainResult> {
    const { engine, options, directory } = this;
    const { epochs, seed } = engine.checked.resolved.run;
    await engine.initialize(seed);
    if (options.resume === true) await this.#resume();
    else {
      const { limit, signal } = options;
      await fitStages(engine, { limit, signal, onEvent: (event) => this.#tell(event) });
    }
    this.#tell(this.#startEvent());
    await directory?.writeRecord(this.#record(null));

    this.#profiler?.start();
    let train: Scores = {};
    let validation: Scores | undefined;
    while (this.#epoch < epochs && !this.#stopped) {
      const done = await this.#runEpoch();
      if (!done) break;
      train = this.#keeper.scores();
      validation = await this.#finishEpoch(train);
    }
    await this.#checkpoint();
    const profile = this.#profiler?.profile();
    const loss = this.#keeper.loss();
    if (Object.keys(train).length === 0) train = this.#keeper.scores();
    const test = this.#stopped ? undefined : await this.#test();
    return await this.#finish({
      loss,
      profile: profile ?? undefined,
      train,
      ...(validation === undefined ? {} : { validation }),
      ...(test === undefined ? {} : { test }),
    });
  }

  get #stopped(): boolean {
    return this.options.signal?.aborted === true;
  }

  get #stepsPerEpoch(): number {
    const { batchSize, lastBatch } = this.engine.checked.resolved.run;
    const steps = this.feed.rows / batchSize;
    return lastBatch === "drop" ? Math.floor(steps) : Math.ceil(steps);
  }

  /** Runs what is left of an epoch; `false` when it was stopped within. */
  async #runEpoch(): Promise<boolean> {
    const { engine, feed } = this;
    const { seed, shuffle, batchSize } = engine.checked.resolved.run;
    const order = shuffle
      ? permutation(feed.rows, { seed, path: "shuffle", epoch: this.#epoch })
      : Uint32Array.from({ length: feed.rows }, (_, i) => i);
    const steps = this.#stepsPerEpoch;
    if (steps === 0) {
      throw pipelineError({
        code: "batch",
        path: "batchSize",
        message: "Cannot train: no batch can be filled and the last one is dropped",
        received: feed.rows === 1 ? "1 row" : `${feed.rows} rows`,
        expected: `at least ${batchSize}`,
      });
    }
    const tail = feed.rows % batchSize;
    const last = tail === 0 || steps * batchSize <= feed.rows
      ? this.program
      : await engine.program("train", tail);
    const before = await engine.variables();
    const first = this.#stepInEpoch;
    if (first === 0) this.#keeper.reset();
    const batch = (number: number) =>
      order.subarray(number * batchSize, Math.min((number + 1) * batchSize, feed.rows));
    this.#pace.resume();
    while (this.#stepInEpoch < steps && !this.#stopped) {
      const rows = batch(this.#stepInEpoch);
      const stepped = this.#runStep(rows.length === batchSize ? this.program : last, rows);
      const loss = stepped instanceof Promise ? await stepped : stepped;
      this.#step++;
      this.#stepInEpoch++;
      if (!Number.isFinite(loss)) throw await this.#incident(before, { first, batch });
      this.#finishStep(rows.length, loss);
      const turn = this.#pace.turn();
      if (turn !== null) await turn;
    }
    this.#pace.pause();
    // the last update is seen by no loss
    const isFinite = allFinite(await engine.variables());
    if (!isFinite) throw await this.#incident(before, { first, batch });
    return this.#stepInEpoch === steps;
  }

  /** What made a value NaN or infinite since step `first` of the epoch. */
  #incident(
    before: Readonly<Record<string, HostTensor>>,
    { first, batch }: {
      readonly first: number;
      readonly batch: (number: number) => Uint32Array;
    },
  ): Promise<PipelineError> {
    const taken = this.#stepInEpoch - first;
    return diagnose(this.engine, {
      feed: this.feed,
      before,
      epoch: this.#epoch,
      firstStep: this.#step - taken + 1,
      batches: Array.from({ length: taken }, (_, i) => batch(first + i)),
      saved: this.directory === null || this.#checkpointed < 0 ? null : this.directory.path,
    });
  }

  /** Runs the next step; gives its loss. A promise only where the feed or the device needs one. */
  #runStep(program: Program, rows: Uint32Array): number | Promise<number> {
    const step = this.#step + 1;
    const place = { rows, epoch: this.#epoch, step };
    const profiler = this.#profiler;
    const run = this.engine.run(program, {
      step,
      fill: (windows) => {
        const fill = () => this.feed.fill(place, windows);
        return profiler === null ? fill() : profiler.feed(fill);
      },
    });
    const read = () => {
      profiler?.step(program);
      return this.#keeper.add(this.engine, program, rows.length);
    };
    return run instanceof Promise ? run.then(read) : read();
  }

  /** Counts a step and reports it: every so many steps, and to the listener at least so often. */
  #finishStep(rows: number, loss: number): void {
    const pace = this.#pace;
    pace.samples += rows;
    if (Number.isNaN(this.#secondsToFirstStep)) {
      this.#secondsToFirstStep = (performance.now() - this.options.started) / 1000;
    }
    const isLogged = this.#step % (this.options.logEvery ?? 50) === 0;
    if (!isLogged && !pace.reportIsDue) return;
    const event: RunEvent = {
      kind: "step",
      epoch: this.#epoch + 1,
      step: this.#step,
      loss,
      samplesPerSecond: pace.report(),
    };
    if (isLogged) this.#tell(event);
    else this.options.onEvent?.(event);
  }

  /** Ends an epoch: validation, event, checkpoint. */
  async #finishEpoch(train: Scores): Promise<Scores | undefined> {
    const validation = await this.#validate();
    this.#epoch++;
    this.#stepInEpoch = 0;
    this.#tell({
      kind: "epoch",
      epoch: this.#epoch,
      step: this.#step,
      seconds: this.#pace.seconds,
      samplesPerSecond: this.#pace.samples / this.#pace.seconds,
      train,
      ...(validation === undefined ? {} : { validation }),
    });
    if (this.#epoch < this.engine.checked.resolved.run.epochs) await this.#checkpoint();
    return validation;
  }

  /** Scores of the validation split, which stays open from epoch to epoch. */
  async #validate(): Promise<Scores | undefined> {
    const { limit, signal } = this.options;
    if (this.#validation === undefined) {
      this.#validation = await openEvaluation(this.engine, { split: "validation", limit });
    }
    if (this.#validation === null) return undefined;
    const feed = this.#validation;
    const evaluate = () => evaluateFeed(this.engine, feed, signal);
    return await (this.#profiler?.validate(evaluate) ?? evaluate());
  }

  /** Scores of the test split, once. */
  async #test(): Promise<Scores | undefined> {
    const { limit, signal } = this.options;
    const evaluated = await evaluateSplit(this.engine, { split: "test", limit, signal });
    if (evaluated === null || this.#stopped) return undefined;
    this.#tell({ kind: "evaluation", split: "test", scores: evaluated.scores });
    return evaluated.scores;
  }

  /** Lets go of what was opened on the way. */
  close(): void {
    this.#validation?.close();
  }

  async #resume(): Promise<void> {
    if (this.directory === null) {
      throw pipelineError({
        code: "resume",
        path: "",
        message: "Cannot resume: no run directory is given",
        hint: "name it with --run",
      });
    }
    const checkpoint = await this.directory.newestCheckpoint(
      (text) => this.#tell({ kind: "message", text }),
    );
    await this.#requireResumable(this.directory, checkpoint);
    await this.engine.load(checkpoint.tensors);
    this.#epoch = checkpoint.epoch;
    this.#stepInEpoch = checkpoint.stepInEpoch;
    this.#step = checkpoint.step;
    this.#keeper.restore(checkpoint.scores);
    this.#checkpointed = checkpoint.step;
  }

  /** A run goes on only with what it began with, and only where something is left to do. */
  async #requireResumable(directory: RunDirectory, checkpoint: Checkpoint): Promise<void> {
    const { path: run } = directory;
    const record = await directory.readRecord();
    if (checkpoint.fingerprint !== this.#fingerprint) {
      const changes = changesSince(record, this.#identity, { run });
      if (changes.length > 0) throw new PipelineError(changes);
      throw pipelineError({
        code: "resume",
        path: "",
        message: `Cannot resume "${run}": the pipeline or its settings have changed`,
        hint: "resume with the pipeline and settings that the run began with, or train anew",
      });
    }
    const { epochs } = this.engine.checked.resolved.run;
    const begun = checkpoint.epoch + (checkpoint.stepInEpoch > 0 ? 1 : 0);
    if (epochs < begun) {
      throw pipelineError({
        code: "resume",
        path: "epochs",
        message: `Cannot resume "${run}": it has gone further`,
        received: String(epochs),
        expected: `at least ${begun}`,
      });
    }
    if (record?.finished === true && checkpoint.epoch === epochs) {
      throw pipelineError({
        code: "resume",
        path: "epochs",
        message: `Cannot resume "${run}": nothing is left to train`,
        received: String(epochs),
        hint: "raise epochs",
      });
    }
  }

  /** Saves where training is, unless that is saved already or there is nothing to save. */
  async #checkpoint(): Promise<void> {
    const { directory, engine } = this;
    if (directory === null || this.#checkpointed === this.#step || this.#step === 0) return;
    const tensors = await engine.variables();
    const checkpoint: Checkpoint = {
      epoch: this.#epoch,
      stepInEpoch: this.#stepInEpoch,
      step: this.#step,
      scores: this.#keeper.save(),
      fingerprint: this.#fingerprint,
      tensors,
    };
    const path = await directory.writeCheckpoint(checkpoint);
    this.#checkpointed = this.#step;
    this.#tell({ kind: "checkpoint", step: this.#step, path });
  }

  async #finish(
    { loss, profile, ...metrics }: TrainResult["metrics"] & {
      readonly loss: number;
      readonly profile: TrainProfile | undefined;
    },
  ): Promise<TrainResult> {
    const { engine, directory } = this;
    const { name, run } = engine.checked.resolved;
    const model = {
      pipeline: name,
      tensors: await engine.variables(isModelVariable),
      description: this.#description,
    };
    const result: TrainResult = {
      pipeline: name,
      device: engine.device.name,
      threads: engine.session.threads,
      seed: run.seed,
      epochs: this.#epoch,
      steps: this.#step,
      seconds: this.#pace.seconds,
      samplesPerSecond: this.#pace.samples / this.#pace.seconds,
      secondsToFirstStep: this.#secondsToFirstStep,
      loss,
      metrics,
      parameters: this.#parameters,
      runDirectory: directory?.path ?? null,
      stopped: this.#stopped,
      ...(profile === undefined ? {} : { profile }),
      model,
    };
    if (directory !== null && !this.#stopped) await saveModel(directory.modelPath, model);
    await directory?.writeRecord(this.#record(result));
    return result;
  }

  get #parameters(): number {
    return this.engine.layout.slots
      .filter((slot) => slot.role === "parameter")
      .reduce((sum, slot) => sum + sizeOf(slot.spec.shape), 0);
  }

  #startEvent(): RunEvent {
    const { name, run } = this.engine.checked.resolved;
    return {
      kind: "start",
      pipeline: name,
      device: this.engine.device.name,
      threads: this.engine.session.threads,
      seed: run.seed,
      epochs: run.epochs,
      stepsPerEpoch: this.#stepsPerEpoch,
      rows: this.feed.rows,
      parameters: this.#parameters,
      fromEpoch: this.#epoch,
      fromStep: this.#step,
    };
  }

  get #identity(): RunIdentity {
    const { rows, fingerprints } = this.feed;
    const limit = this.options.limit ?? null;
    return { pipeline: this.#description, data: fingerprints, rows, limit };
  }

  /** What `run.json` says. */
  #record(result: TrainResult | null): unknown {
    const { model: _, ...results } = result ?? { model: null };
    return {
      millrace: 1,
      ...this.#identity,
      fingerprint: this.#fingerprint,
      device: this.engine.device.name,
      threads: this.engine.session.threads,
      versions: Deno.version,
      finished: result !== null && !result.stopped,
      ...(result === null ? {} : { results }),
    };
  }

  #tell(event: RunEvent): void {
    this.directory?.log(event);
    this.options.onEvent?.(event);
  }
}

/** What a run depends on besides its variables; the number of epochs may be raised. */
function fingerprintOf(description: PipelineDescription, feed: Feed): string {
  const { epochs: _, ...run } = description.run;
  return sha256([JSON.stringify([{ ...description, run }, feed.rows, feed.fingerprints])]);
}

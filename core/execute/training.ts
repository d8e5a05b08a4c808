/**
 * The training loop: epochs, batches in a seeded order, steps, events, checkpoints. All that a step
 * depends on is the variables, the seed, and (epoch, step): so a resumed run takes the same steps.
 *
 * @module
 */
import { type PipelineError, pipelineError } from "../errors.ts";
import { formatAmount } from "../format.ts";
import { type HostTensor, sizeOf } from "../tensor/mod.ts";
import { Batches, BatchOrder, countBatches, type Cut } from "./batches.ts";
import { diagnose } from "./diagnose.ts";
import { allFinite, type Engine, modelTensors, type Program } from "./engine.ts";
import { nextEpochNumbers } from "./epoch_numbers.ts";
import { evaluateFeed, evaluateSplit, openEvaluation } from "./evaluation.ts";
import { type Feed, openFeed } from "./feed.ts";
import { fitStages } from "./fit.ts";
import { loadInitialWeights } from "./initial_weights.ts";
import { inOrder, shuffled } from "./order.ts";
import { Pace } from "./pace.ts";
import type { TrainProfile } from "./profile.ts";
import { Profiler } from "./profiler.ts";
import { RunDirectory } from "./run_directory.ts";
import { RunKeeper } from "./run_keeper.ts";
import { type GatheredScores, ScoreKeeper } from "./scores.ts";
import type { BySplit, RunEvent, TrainOptions, TrainResult } from "./types.ts";

/** What `train` was given, and when, on the clock of `performance.now()`. */
type TrainingOptions = TrainOptions & { readonly started: number };

/** Trains on an opened engine. */
export async function runTraining(engine: Engine, options: TrainingOptions): Promise<TrainResult> {
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
  const inputs = program.traced.data;
  const feed = await openFeed(engine, { inputs, split: "train", limit: options.limit });
  if (feed === null) {
    throw pipelineError({
      code: "split",
      path: "",
      message: "Cannot train: the loader has no training split",
    });
  }
  let training: Training;
  try {
    requireBatch(feed.rows, engine.checked.resolved.run);
    const keeper = new RunKeeper(engine, { directory, feed, options });
    training = new Training(engine, { program, feed, keeper, profiler, options });
    await training.run();
  } finally {
    // the test split may be large as well
    feed.close();
  }
  return await training.finish();
}

function requireBatch(rows: number, cut: Cut): void {
  if (countBatches(rows, cut) > 0) return;
  throw pipelineError({
    code: "batch",
    path: "batchSize",
    message: "Cannot train: no batch can be filled and the last one is dropped",
    received: formatAmount(rows, "row"),
    expected: `at least ${cut.batchSize}`,
  });
}

class Training {
  readonly #engine: Engine;
  readonly #program: Program;
  readonly #feed: Feed;
  readonly #keeper: RunKeeper;
  readonly #profiler: Profiler | null;
  readonly #options: TrainingOptions;
  readonly #scores: ScoreKeeper;
  readonly #pace = new Pace();
  #epoch = 0;
  #stepInEpoch = 0;
  #step = 0;
  #secondsToFirstStep = NaN;
  /** Steps that were run and whose losses were not read yet. */
  readonly #queued: { readonly program: Program; readonly rows: number }[] = [];
  /** The variables as they were read last, and after which step. */
  #read: { readonly step: number; readonly tensors: Record<string, HostTensor> } | undefined;
  /** Scores of the last epoch's batches. */
  #trained: GatheredScores | undefined;
  /** Where the time went, once training has ended. */
  #profile: TrainProfile | undefined;
  /** The validation split, which stays open from epoch to epoch, and its scores after the last. */
  #validation: { readonly feed: Feed | null; scores?: GatheredScores } | undefined;

  constructor(
    engine: Engine,
    { program, feed, keeper, profiler, options }: {
      readonly program: Program;
      readonly feed: Feed;
      readonly keeper: RunKeeper;
      readonly profiler: Profiler | null;
      readonly options: TrainingOptions;
    },
  ) {
    this.#engine = engine;
    this.#program = program;
    this.#feed = feed;
    this.#keeper = keeper;
    this.#profiler = profiler;
    this.#options = options;
    this.#scores = new ScoreKeeper(program.traced);
  }

  /** Trains until all epochs are done, or the signal stops it. */
  async run(): Promise<void> {
    const { epochs, seed } = this.#engine.checked.resolved.run;
    await this.#engine.initialize(seed);
    if (this.#options.resume === true) await this.#resume();
    else await this.#begin();
    this.#keeper.tell(this.#startEvent());
    await this.#keeper.record(null);
    this.#profiler?.start();
    try {
      while (this.#epoch < epochs && !this.#stopped) {
        if (!await this.#runEpoch()) break;
        await this.#finishEpoch();
      }
    } finally {
      this.#validation?.feed?.close();
    }
    await this.#checkpoint();
    await this.#measured();
  }

  /** Keeps where the time went, if that was asked for. */
  async #measured(): Promise<void> {
    this.#profiler?.end();
    await this.#profiler?.measureAgain(this.#engine);
    this.#profile = this.#profiler?.profile() ?? undefined;
  }

  get #logEvery(): number {
    return this.#options.logEvery ?? 50;
  }

  get #stopped(): boolean {
    return this.#options.signal?.aborted === true;
  }

  /** Starts from saved weights where there are some, and fits the rest. */
  async #begin(): Promise<void> {
    const { limit, signal } = this.#options;
    const onEvent = (event: RunEvent) => this.#keeper.tell(event);
    const files = await loadInitialWeights(this.#engine);
    this.#keeper.initialWeights = files;
    for (const loaded of files) onEvent({ kind: "weights", loaded });
    const loaded = new Set(files.flatMap(({ tensors }) => Object.keys(tensors)));
    await fitStages(this.#engine, { limit, signal, onEvent, loaded });
  }

  async #resume(): Promise<void> {
    const checkpoint = await this.#keeper.resume();
    await this.#engine.load(checkpoint.tensors);
    this.#epoch = checkpoint.epoch;
    this.#stepInEpoch = checkpoint.stepInEpoch;
    this.#step = checkpoint.step;
    this.#scores.restore(checkpoint.scores);
  }

  /** Runs what is left of an epoch; `false` when it was stopped within. */
  async #runEpoch(): Promise<boolean> {
    const order = this.#orderOf(this.#epoch);
    const { batchSize } = this.#engine.checked.resolved.run;
    const tail = order.size(order.count - 1);
    const last = tail === batchSize ? this.#program : await this.#engine.program("train", tail);
    const before = await this.#variables();
    const first = this.#stepInEpoch;
    if (first === 0) this.#scores.reset();
    const batches = new Batches(this.#feed, order);
    let isFinite = true;
    this.#pace.resume();
    try {
      while (this.#stepInEpoch + this.#queued.length < order.count && !this.#stopped) {
        const index = this.#stepInEpoch + this.#queued.length;
        const program = index === order.count - 1 ? last : this.#program;
        const fill = () => batches.fill(index, this.#engine.inputs(program));
        const filled = this.#profiler === null ? fill() : this.#profiler.feed(fill);
        if (filled instanceof Promise) await filled;
        const stepped = this.#runStep(program, {
          rows: order.size(index),
          // the next one is of another program, or there is none
          isLast: index >= order.count - 2,
        });
        isFinite = stepped instanceof Promise ? await stepped : stepped;
        if (!isFinite) break;
        const turn = this.#pace.turn();
        if (turn !== null) await turn;
      }
      isFinite &&= await this.#collect();
    } finally {
      await batches.settle();
    }
    this.#pace.pause();
    // the last update is seen by no loss
    isFinite &&= allFinite(await this.#variables());
    if (!isFinite) throw await this.#incident(before, { first, order });
    return this.#stepInEpoch === order.count;
  }

  /** The batches of an epoch, in its order. */
  #orderOf(epoch: number): BatchOrder {
    const { rows, blocks } = this.#feed;
    const { seed, shuffle, batchSize, lastBatch } = this.#engine.checked.resolved.run;
    return new BatchOrder(
      shuffle ? shuffled(rows, { seed, epoch, blocks }) : inOrder(rows),
      { batchSize, lastBatch, epoch, stepsBefore: this.#step - this.#stepInEpoch },
    );
  }

  /**
   * Runs the next step; tells whether all losses that were read are finite. A promise only where the
   * device needs one. Where a device has a queue, losses are read some steps later, many at once.
   */
  #runStep(
    program: Program,
    { rows, isLast }: { readonly rows: number; readonly isLast: boolean },
  ): boolean | Promise<boolean> {
    const { queue } = program.executable;
    if (queue !== undefined && this.#profiler === null) {
      this.#engine.enqueue(program, this.#step + this.#queued.length + 1);
      this.#queued.push({ program, rows });
      const isLogged = (this.#step + this.#queued.length) % this.#logEvery === 0;
      const isFull = this.#queued.length === queue.most;
      const isDue = isLast || isLogged || isFull || this.#pace.reportWouldBeDue;
      return isDue ? this.#collect() : true;
    }
    const ran = this.#engine.run(program, this.#step + 1);
    const read = () => {
      this.#profiler?.step(program);
      const loss = this.#scores.add(this.#engine, program, rows);
      return loss instanceof Promise
        ? loss.then((loss) => this.#finishStep(rows, loss))
        : this.#finishStep(rows, loss);
    };
    return ran instanceof Promise ? ran.then(read) : read();
  }

  /** Reads what the queued steps gave, up to the first loss that is not finite; tells whether all are. */
  async #collect(): Promise<boolean> {
    const steps = this.#queued.splice(0);
    if (steps.length === 0) return true;
    const outputs = await this.#engine.collect(steps[0]!.program);
    return steps.every(({ rows }, i) =>
      this.#finishStep(rows, this.#scores.addRead(outputs[i]!, rows))
    );
  }

  /**
   * Counts a step and reports it: every so many steps, and to the listener at least so often. Tells
   * whether its loss is finite.
   */
  #finishStep(rows: number, loss: number): boolean {
    this.#step++;
    this.#stepInEpoch++;
    if (!Number.isFinite(loss)) return false;
    this.#report(rows, loss);
    return true;
  }

  #report(rows: number, loss: number): void {
    const pace = this.#pace;
    pace.count(rows);
    if (Number.isNaN(this.#secondsToFirstStep)) {
      this.#secondsToFirstStep = (performance.now() - this.#options.started) / 1000;
    }
    const isLogged = this.#step % this.#logEvery === 0;
    if (!isLogged && !pace.reportIsDue) return;
    const event: RunEvent = {
      kind: "step",
      epoch: this.#epoch + 1,
      step: this.#step,
      loss,
      samplesPerSecond: pace.report(),
    };
    if (isLogged) this.#keeper.tell(event);
    else this.#options.onEvent?.(event);
  }

  /** What made a value NaN or infinite since step `first` of the epoch. */
  #incident(
    before: Readonly<Record<string, HostTensor>>,
    { first, order }: { readonly first: number; readonly order: BatchOrder },
  ): Promise<PipelineError> {
    const taken = this.#stepInEpoch - first;
    return diagnose(this.#engine, {
      feed: this.#feed,
      before,
      places: Array.from({ length: taken }, (_, i) => order.place(first + i)),
      saved: this.#keeper.resumable,
    });
  }

  /** Ends an epoch: validation, event, checkpoint. */
  async #finishEpoch(): Promise<void> {
    this.#trained = this.#scores.scores();
    const validation = await this.#validate();
    await this.#setEpochNumbers((validation ?? this.#trained).scores);
    this.#epoch++;
    this.#stepInEpoch = 0;
    this.#keeper.tell({
      kind: "epoch",
      epoch: this.#epoch,
      step: this.#step,
      seconds: this.#pace.seconds,
      samplesPerSecond: this.#pace.samples / this.#pace.seconds,
      train: this.#trained.scores,
      ...(validation === undefined ? {} : { validation: validation.scores }),
    });
    if (this.#epoch < this.#engine.checked.resolved.run.epochs) await this.#checkpoint();
  }

  /** Sets the numbers that depend on how the epoch went. */
  async #setEpochNumbers(scores: GatheredScores["scores"]): Promise<void> {
    const { epochNumbers } = this.#program.traced;
    if (epochNumbers.length === 0) return;
    await this.#engine.load(
      await nextEpochNumbers(epochNumbers, await this.#variables(), scores),
    );
    this.#read = undefined;
  }

  async #validate(): Promise<GatheredScores | undefined> {
    const { limit, signal } = this.#options;
    this.#validation ??= {
      feed: await openEvaluation(this.#engine, { split: "validation", limit }),
    };
    const { feed } = this.#validation;
    if (feed === null) return undefined;
    // what comes next may depend on the scores, and must not on a signal that comes meanwhile
    const isWhole = this.#program.traced.epochNumbers.length > 0;
    const evaluate = () => evaluateFeed(this.#engine, feed, isWhole ? undefined : signal);
    return this.#validation.scores = await (this.#profiler?.validate(evaluate) ?? evaluate());
  }

  async #checkpoint(): Promise<void> {
    const position = {
      epoch: this.#epoch,
      stepInEpoch: this.#stepInEpoch,
      step: this.#step,
      scores: this.#scores.save(),
    };
    await this.#keeper.checkpoint(position, () => this.#variables());
  }

  /** The variables as they are after the last step: read once, however often they are asked for. */
  async #variables(): Promise<Record<string, HostTensor>> {
    if (this.#read?.step !== this.#step) {
      this.#read = { step: this.#step, tensors: await this.#engine.variables() };
    }
    return this.#read.tensors;
  }

  /** Evaluates on the test split, and gives and keeps what came out. */
  async finish(): Promise<TrainResult> {
    const test = this.#stopped ? undefined : await this.#test();
    const validation = this.#validation?.scores;
    const gathered: BySplit<GatheredScores> = {
      train: this.#trained ?? this.#scores.scores(),
      ...(validation === undefined ? {} : { validation }),
      ...(test === undefined ? {} : { test }),
    };
    const { name, run } = this.#engine.checked.resolved;
    const { description, path } = this.#keeper;
    const variables = await this.#variables();
    const result: TrainResult = {
      pipeline: name,
      device: this.#engine.device.name,
      threads: this.#engine.session.threads,
      seed: run.seed,
      epochs: this.#epoch,
      steps: this.#step,
      seconds: this.#pace.seconds,
      samplesPerSecond: this.#pace.samples / this.#pace.seconds,
      secondsToFirstStep: this.#secondsToFirstStep,
      loss: this.#scores.loss(),
      lossOf: this.#program.traced.finalLosses,
      metrics: ofEach(gathered, ({ scores }) => scores),
      ...(Object.keys(gathered.train.tables).length === 0
        ? {}
        : { tables: ofEach(gathered, ({ tables }) => tables) }),
      parameters: this.#parameters,
      runDirectory: path,
      stopped: this.#stopped,
      ...(this.#profile === undefined ? {} : { profile: this.#profile }),
      model: {
        pipeline: name,
        tensors: { ...modelTensors(this.#engine.layout, variables), ...this.#engine.fitted },
        description,
      },
    };
    await this.#keeper.finish(result);
    return result;
  }

  /** Scores of the test split, once. */
  async #test(): Promise<GatheredScores | undefined> {
    const { limit, signal } = this.#options;
    const evaluated = await evaluateSplit(this.#engine, { split: "test", limit, signal });
    if (evaluated === null || this.#stopped) return undefined;
    this.#keeper.tell({ kind: "evaluation", split: "test", scores: evaluated.scores });
    return evaluated;
  }

  /** Elements of the parameters that training changes. */
  get #parameters(): number {
    return this.#program.graph.updates
      .filter(({ variable }) => variable.role === "parameter")
      .reduce((sum, { variable }) => sum + sizeOf(variable.spec.shape), 0);
  }

  #startEvent(): RunEvent {
    const { name, run } = this.#engine.checked.resolved;
    return {
      kind: "start",
      pipeline: name,
      device: this.#engine.device.name,
      threads: this.#engine.session.threads,
      seed: run.seed,
      epochs: run.epochs,
      stepsPerEpoch: countBatches(this.#feed.rows, run),
      rows: this.#feed.rows,
      parameters: this.#parameters,
      lossOf: this.#program.traced.finalLosses,
      fromEpoch: this.#epoch,
      fromStep: this.#step,
    };
  }
}

/** Something of each split. */
function ofEach<T, U>({ train, validation, test }: BySplit<T>, of: (split: T) => U): BySplit<U> {
  return {
    train: of(train),
    ...(validation === undefined ? {} : { validation: of(validation) }),
    ...(test === undefined ? {} : { test: of(test) }),
  };
}

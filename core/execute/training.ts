/**
 * The training loop: epochs, batches in a seeded order, steps, events, checkpoints. All that a step
 * depends on is the variables, the seed, and (epoch, step): so a resumed run takes the same steps.
 *
 * @module
 */
import { type PipelineError, pipelineError } from "../errors.ts";
import { formatAmount, formatBytes } from "../format.ts";
import type { HostTensor } from "../tensor/mod.ts";
import type { KeptRows } from "../devices/mod.ts";
import { skippedSteps, startEvent, trainResult } from "./account.ts";
import { batchPrograms } from "./batch_programs.ts";
import { Batches, BatchOrder, countBatches, type Cut } from "./batches.ts";
import { diagnose } from "./diagnose.ts";
import { allFinite, type Engine, type Program } from "./engine.ts";
import { nextEpochNumbers } from "./epoch_numbers.ts";
import { evaluateFeed, openEvaluation } from "./evaluation.ts";
import { type Feed, openFeed } from "./feed.ts";
import { fitStages } from "./fit.ts";
import { loadInitialWeights } from "./initial_weights.ts";
import { keepRows } from "./kept_rows.ts";
import { inOrder, shuffled } from "./order.ts";
import { Pace } from "./pace.ts";
import type { TrainProfile } from "./profile.ts";
import { Profiler } from "./profiler.ts";
import { RowLengths } from "./row_lengths.ts";
import { RunDirectory } from "./run_directory.ts";
import { RunKeeper } from "./run_keeper.ts";
import { type GatheredScores, ScoreKeeper } from "./scores.ts";
import { Steps } from "./steps.ts";
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
  try {
    return await trainOn(engine, { program, profiler, directory, options });
  } catch (error) {
    await directory?.discardUnused();
    throw error;
  }
}

/** Trains on the training split. */
async function trainOn(
  engine: Engine,
  { program, profiler, directory, options }: {
    readonly program: Program;
    readonly profiler: Profiler | null;
    readonly directory: RunDirectory | null;
    readonly options: TrainingOptions;
  },
): Promise<TrainResult> {
  const inputs = program.traced.data;
  const feed = await openFeed(engine, { inputs, split: "train", limit: options.limit });
  if (feed === null) {
    throw pipelineError({
      code: "split",
      path: "",
      message: "Cannot train: the loader has no training split",
    });
  }
  try {
    requireBatch(feed.rows, engine.checked.resolved.run);
    const keeper = new RunKeeper(engine, { directory, feed, options });
    return await new Training(engine, { program, feed, keeper, profiler, options }).run();
  } finally {
    feed.close();
  }
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
  readonly #steps: Steps;
  /** The variables as they were read last, and after which step. */
  #read: { readonly step: number; readonly tensors: Record<string, HostTensor> } | undefined;
  /** Scores of the last epoch's batches. */
  #trained: GatheredScores | undefined;
  /** Where the time went, once training has ended. */
  #profile: TrainProfile | undefined;
  /** The other splits, where there are some: opened before the first step, whatever is wrong with them. */
  #validation: Feed | null = null;
  #test: Feed | null = null;
  /** The validation rows, where they are on the device. */
  #keptValidation: KeptRows | null = null;
  /** Scores of the validation split after the last epoch. */
  #validated: GatheredScores | undefined;
  /** Whether the program of evaluation is made. */
  #canEvaluate = false;
  /** The training rows, where they are on the device. */
  #kept: KeptRows | null = null;
  /** How long the sequences of the training rows are, where that matters. */
  #lengths: RowLengths | null = null;

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
    const scores = this.#scores = new ScoreKeeper(program.traced);
    this.#steps = new Steps(engine, { scores, pace: this.#pace, keeper, profiler, options });
  }

  /** Trains until all epochs are done, or the signal stops it; then evaluates on the test split. */
  async run(): Promise<TrainResult> {
    await this.#engine.initialize(this.#engine.checked.resolved.run.seed);
    if (this.#options.resume === true) await this.#resume();
    else await this.#begin();
    try {
      if (!this.#stopped) await this.#openSplits();
      if (!this.#stopped) await this.#train();
      return await this.#finish();
    } finally {
      this.#validation?.close();
      this.#test?.close();
    }
  }

  async #openSplits(): Promise<void> {
    const { limit } = this.#options;
    this.#validation = await openEvaluation(this.#engine, { split: "validation", limit });
    this.#test = await openEvaluation(this.#engine, { split: "test", limit });
  }

  async #train(): Promise<void> {
    const { epochs } = this.#engine.checked.resolved.run;
    this.#lengths = await RowLengths.measure(this.#engine, this.#feed, this.#options.signal);
    if (this.#stopped) return;
    this.#keeper.tell(
      startEvent(this.#engine, {
        program: this.#program,
        feed: this.#feed,
        steps: this.#steps,
      }),
    );
    this.#engine.rows.invalid.listen((found) => this.#keeper.tell({ kind: "invalid", ...found }));
    this.#kept = await this.#keepRows(this.#feed, "training");
    await this.#keeper.record(null);
    this.#profiler?.start();
    try {
      while (this.#steps.epoch < epochs && !this.#stopped) {
        if (!await this.#runEpoch()) break;
        await this.#finishEpoch();
      }
    } finally {
      this.#keptValidation?.release();
      this.#kept?.release();
    }
    await this.#checkpoint();
    await this.#measured();
  }

  /** Keeps the rows of a split on the device, where that is wanted and can be, and says so. */
  async #keepRows(feed: Feed, name: string): Promise<KeptRows | null> {
    if (this.#options.keepRows === false) return null;
    const kept = await keepRows(this.#engine, feed);
    if (kept !== null) {
      const { name: device } = this.#engine.device;
      const text = `Keeping the ${name} rows on device "${device}": ${formatBytes(kept.bytes)}`;
      this.#keeper.tell({ kind: "message", text });
    }
    return kept;
  }

  /** Keeps where the time went, if that was asked for. */
  async #measured(): Promise<void> {
    this.#profiler?.end();
    await this.#profiler?.measureAgain(this.#engine);
    this.#profile = this.#profiler?.profile() ?? undefined;
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
    this.#steps.goOnFrom(checkpoint);
    this.#scores.restore(checkpoint.scores);
  }

  /** Runs what is left of an epoch; `false` when it was stopped within. */
  async #runEpoch(): Promise<boolean> {
    const steps = this.#steps;
    const order = this.#orderOf(steps.epoch);
    const programs = await this.#compile(() =>
      batchPrograms(this.#engine, order, { purpose: "train", lengths: this.#lengths })
    );
    const before = await this.#variables();
    const first = steps.inEpoch;
    if (first === 0) this.#scores.reset();
    const batches = new Batches(this.#feed, { order, kept: this.#kept });
    let isFinite = true;
    this.#pace.resume();
    try {
      while (steps.run < order.count && !this.#stopped) {
        const index = steps.run;
        const program = programs(index);
        const fill = () => batches.fill(index, this.#engine.inputs(program));
        const filled = this.#profiler === null ? fill() : this.#profiler.feed(fill);
        if (filled instanceof Promise) await filled;
        const stepped = steps.take(program, {
          rows: order.size(index),
          batch: batches.kept(index),
          isLast: index === order.count - 1 || programs(index + 1) !== program,
        });
        isFinite = stepped instanceof Promise ? await stepped : stepped;
        if (!isFinite) break;
        if (!this.#canEvaluate) await this.#prepareEvaluation();
        const turn = this.#pace.turn();
        if (turn !== null) await turn;
      }
      isFinite &&= await steps.collect();
    } finally {
      await batches.settle();
    }
    this.#pace.pause();
    // the last update is seen by no loss
    isFinite &&= allFinite(await this.#variables());
    if (!isFinite) throw await this.#incident(before, { first, order, programs });
    return steps.inEpoch === order.count;
  }

  /**
   * Makes ready what the end of an epoch needs, once a first step is under way: where there is no memory
   * for it, no epoch is lost.
   */
  async #prepareEvaluation(): Promise<void> {
    this.#canEvaluate = true;
    this.#pace.pause();
    const { evaluateBatchSize } = this.#engine.checked.resolved.run;
    await this.#compile(() => this.#engine.program("evaluate", evaluateBatchSize));
    if (this.#validation !== null) {
      this.#keptValidation = await this.#keepRows(this.#validation, "validation");
    }
    this.#pace.resume();
  }

  #compile<T>(run: () => Promise<T>): Promise<T> {
    return this.#profiler?.compile(run) ?? run();
  }

  /** The batches of an epoch, in its order. */
  #orderOf(epoch: number): BatchOrder {
    const { rows, blocks } = this.#feed;
    const { run } = this.#engine.checked.resolved;
    const { seed, shuffle, batchSize, lastBatch } = run;
    const order = shuffle ? shuffled(rows, { seed, epoch, blocks }) : inOrder(rows);
    // whichever rows no batch takes are so by chance: the last of a grouping are the longest
    const taken = order.subarray(0, batchSize * countBatches(rows, run));
    return new BatchOrder(
      shuffle ? this.#lengths?.group(taken, batchSize) ?? order : order,
      { batchSize, lastBatch, epoch, stepsBefore: this.#steps.count - this.#steps.inEpoch },
    );
  }

  /** What made a value NaN or infinite since step `first` of the epoch. */
  #incident(
    before: Readonly<Record<string, HostTensor>>,
    { first, order, programs }: {
      readonly first: number;
      readonly order: BatchOrder;
      readonly programs: (index: number) => Program;
    },
  ): Promise<PipelineError> {
    const taken = this.#steps.inEpoch - first;
    return diagnose(this.#engine, {
      feed: this.#feed,
      before,
      steps: Array.from({ length: taken }, (_, i) => ({
        place: order.place(first + i),
        program: programs(first + i),
      })),
      saved: this.#keeper.resumable,
    });
  }

  /** Ends an epoch: validation, event, checkpoint. */
  async #finishEpoch(): Promise<void> {
    this.#trained = this.#scores.scores();
    const validation = await this.#validate();
    await this.#setEpochNumbers((validation ?? this.#trained).scores);
    this.#steps.endEpoch();
    this.#keeper.tell({
      kind: "epoch",
      epoch: this.#steps.epoch,
      step: this.#steps.count,
      ...this.#pace.lap(),
      train: this.#trained.scores,
      ...(validation === undefined ? {} : { validation: validation.scores }),
      ...skippedSteps(await this.#variables()),
    });
    if (this.#steps.epoch < this.#engine.checked.resolved.run.epochs) await this.#checkpoint();
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
    const { signal } = this.#options;
    const [feed, kept] = [this.#validation, this.#keptValidation];
    if (feed === null) return undefined;
    // what comes next may depend on the scores, and must not on a signal that comes meanwhile
    const isWhole = this.#program.traced.epochNumbers.length > 0;
    const evaluate = () =>
      evaluateFeed(this.#engine, feed, { kept, signal: isWhole ? undefined : signal });
    return this.#validated = await (this.#profiler?.validate(evaluate) ?? evaluate());
  }

  async #checkpoint(): Promise<void> {
    const position = { ...this.#steps.position, scores: this.#scores.save() };
    await this.#keeper.checkpoint(position, () => this.#variables());
  }

  /** The variables as they are after the last step: read once, however often they are asked for. */
  async #variables(): Promise<Record<string, HostTensor>> {
    if (this.#read?.step !== this.#steps.count) {
      this.#read = { step: this.#steps.count, tensors: await this.#engine.variables() };
    }
    return this.#read.tensors;
  }

  /** Evaluates on the test split, and gives and keeps what came out. */
  async #finish(): Promise<TrainResult> {
    if (this.#steps.count === 0) await this.#keeper.abandon();
    const test = this.#stopped ? undefined : await this.#evaluateTest();
    const validation = this.#validated;
    const gathered: BySplit<GatheredScores> = {
      train: this.#trained ?? this.#scores.scores(),
      ...(validation === undefined ? {} : { validation }),
      ...(test === undefined ? {} : { test }),
    };
    const result = trainResult(this.#engine, {
      program: this.#program,
      keeper: this.#keeper,
      steps: this.#steps,
      pace: this.#pace,
      loss: this.#scores.loss(),
      gathered,
      variables: await this.#variables(),
      stopped: this.#stopped,
      profile: this.#profile,
    });
    await this.#keeper.finish(result);
    return result;
  }

  /** Scores of the test split, once. */
  async #evaluateTest(): Promise<GatheredScores | undefined> {
    if (this.#test === null) return undefined;
    const { signal } = this.#options;
    const evaluated = await evaluateFeed(this.#engine, this.#test, { signal });
    if (this.#stopped) return undefined;
    this.#keeper.tell({ kind: "evaluation", split: "test", scores: evaluated.scores });
    return evaluated;
  }
}

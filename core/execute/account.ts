/**
 * What training tells of itself: the event that it starts with, and the result that it ends with.
 *
 * @module
 */
import { type HostTensor, sizeOf } from "../tensor/mod.ts";
import { skippedVariable } from "../differentiate/mod.ts";
import { countBatches } from "./batches.ts";
import { type Engine, modelTensors, type Program } from "./engine.ts";
import type { Feed } from "./feed.ts";
import type { Pace } from "./pace.ts";
import type { TrainProfile } from "./profile.ts";
import type { RunKeeper } from "./run_keeper.ts";
import type { GatheredScores } from "./scores.ts";
import type { Steps } from "./steps.ts";
import type { BySplit, RunEvent, TrainResult } from "./types.ts";

/** The event of a training that starts, or goes on after `steps`. */
export function startEvent(
  engine: Engine,
  { program, feed, steps }: {
    readonly program: Program;
    readonly feed: Feed;
    readonly steps: Steps;
  },
): RunEvent {
  const { name, run } = engine.checked.resolved;
  return {
    kind: "start",
    pipeline: name,
    device: engine.device.name,
    threads: engine.session.threads,
    precision: engine.precision,
    seed: run.seed,
    epochs: run.epochs,
    stepsPerEpoch: countBatches(feed.rows, run),
    rows: feed.rows,
    parameters: learning(program),
    lossOf: program.traced.finalLosses,
    fromEpoch: steps.epoch,
    fromStep: steps.count,
  };
}

/** The result of a training that has ended, or was stopped. */
export function trainResult(
  engine: Engine,
  { program, keeper, steps, pace, loss, gathered, variables, stopped, profile }: {
    readonly program: Program;
    readonly keeper: RunKeeper;
    readonly steps: Steps;
    readonly pace: Pace;
    /** The mean by row of all final losses together, of the last epoch. */
    readonly loss: number;
    readonly gathered: BySplit<GatheredScores>;
    readonly variables: Readonly<Record<string, HostTensor>>;
    readonly stopped: boolean;
    /** Where the time went, if that was asked for. */
    readonly profile: TrainProfile | undefined;
  },
): TrainResult {
  const { name, run } = engine.checked.resolved;
  return {
    pipeline: name,
    device: engine.device.name,
    threads: engine.session.threads,
    workers: engine.rows.workers,
    precision: engine.precision,
    ...skippedSteps(variables),
    seed: run.seed,
    epochs: steps.epoch,
    steps: steps.count,
    seconds: pace.seconds,
    samplesPerSecond: pace.samples / pace.seconds,
    secondsToFirstStep: steps.secondsToFirst,
    loss,
    lossOf: program.traced.finalLosses,
    metrics: ofEach(gathered, ({ scores }) => scores),
    ...(Object.keys(gathered.train.tables).length === 0
      ? {}
      : { tables: ofEach(gathered, ({ tables }) => tables) }),
    ...engine.rows.invalid.result,
    parameters: learning(program),
    runDirectory: keeper.path,
    stopped,
    ...(profile === undefined ? {} : { profile }),
    model: {
      pipeline: name,
      tensors: { ...modelTensors(engine.layout, variables), ...engine.fitted },
      description: keeper.description,
    },
  };
}

/** The steps that were skipped so far, as the variables tell it; nothing where none ever is. */
export function skippedSteps(
  variables: Readonly<Record<string, HostTensor>>,
): { readonly skippedSteps?: number } {
  const skipped = variables[skippedVariable]?.data[0];
  return skipped === undefined ? {} : { skippedSteps: skipped };
}

/** Elements of the parameters that training changes. */
function learning({ graph }: Program): number {
  return graph.updates
    .filter(({ variable }) => variable.role === "parameter")
    .reduce((sum, { variable }) => sum + sizeOf(variable.spec.shape), 0);
}

/** Something of each split. */
function ofEach<T, U>({ train, validation, test }: BySplit<T>, of: (split: T) => U): BySplit<U> {
  return {
    train: of(train),
    ...(validation === undefined ? {} : { validation: of(validation) }),
    ...(test === undefined ? {} : { test: of(test) }),
  };
}

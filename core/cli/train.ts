/**
 * `train`: trains a pipeline, keeps the run, and says what to do next.
 *
 * @module
 */
import { UsageError } from "../errors.ts";
import { formatAmount, formatCount, formatRate, formatSeconds } from "../format.ts";
import type { TrainResult } from "../execute/mod.ts";
import { writeReport } from "../report/mod.ts";
import { train as trainPipeline } from "../verbs.ts";
import { commandOf, quoteArgument } from "./command.ts";
import { type LoadedPipeline, loadPipeline } from "./load.ts";
import {
  defined,
  type ExecuteSettings,
  executeSettings,
  type Invocation,
  shared,
  type Verb,
} from "./options.ts";
import { profileText } from "./profile.ts";
import { Progress, scoresTable } from "./progress.ts";
import { hasCheckpoint, makeRunDirectory, removeIfUnused, writeCommand } from "./runs.ts";
import { lastTables } from "./score_tables.ts";
import { formatTable } from "../table.ts";
import type { Io } from "./terminal.ts";

/** The verb `train`. */
export const train: Verb = {
  name: "train",
  summary: "Train a pipeline, evaluate it, and keep the run",
  operand: "<pipeline.ts>",
  options: [
    shared.epochs,
    shared.batchSize,
    shared.seed,
    shared.set,
    shared.device,
    shared.threads,
    shared.workers,
    shared.limit,
    shared.precision,
    {
      name: "run",
      value: "directory",
      description: "Where the run is kept; default runs/<pipeline>-<date>-<time>",
    },
    { name: "no-run", description: "Keep nothing" },
    shared.uploadRows,
    shared.profile,
    shared.quiet,
    shared.json,
  ],
  notes: "Ctrl-C saves a checkpoint and says how to resume; a second one leaves at once.",
  async run(invocation, io) {
    const source = invocation.operand();
    const settings = executeSettings(invocation);
    const given = invocation.text("run");
    const keep = !invocation.flag("no-run");
    if (given !== undefined && !keep) {
      throw new UsageError('Cannot use "--run" and "--no-run" together');
    }
    const loaded = await loadPipeline(source);
    const made = keep && given === undefined
      ? await makeRunDirectory(io.runs, { pipeline: loaded.pipeline.name })
      : undefined;
    try {
      return await runTraining(invocation, io, {
        loaded,
        settings,
        ...defined({ runDirectory: given ?? made }),
      });
    } finally {
      if (made !== undefined) await removeIfUnused(made);
    }
  },
};

/** What training is started with. */
export interface Training {
  readonly loaded: LoadedPipeline;
  readonly settings: ExecuteSettings;
  readonly runDirectory?: string;
  readonly resume?: boolean;
}

/** Trains and reports; gives the exit status. */
export async function runTraining(
  invocation: Invocation,
  io: Io,
  { loaded, settings, runDirectory, resume = false }: Training,
): Promise<number> {
  const quiet = invocation.flag("quiet");
  const progress = new Progress(io.stderr, io.now);
  const controller = new AbortController();
  let status = 0;
  let fromStep = 0;
  let started = false;
  const stopListening = io.onInterrupt((interrupted) => {
    progress.close();
    if (controller.signal.aborted) return io.exit(interrupted);
    status = interrupted;
    io.stderr.write("stopping after this step; once more leaves at once\n");
    controller.abort();
  });
  let result: TrainResult;
  try {
    result = await trainPipeline(loaded.pipeline, {
      ...settings,
      ...defined({ runDirectory }),
      resume,
      profile: invocation.flag("profile"),
      keepRows: !invocation.flag("upload-rows"),
      signal: controller.signal,
      onEvent(event) {
        if (event.kind === "start") {
          fromStep = event.fromStep;
          started = true;
          if (runDirectory !== undefined) keepCommand(runDirectory, { loaded, settings });
        }
        if (!quiet) progress.event(event);
      },
    });
  } catch (error) {
    progress.close();
    const resumable = runDirectory !== undefined && (started || !resume);
    if (resumable && await hasCheckpoint(runDirectory)) {
      io.stderr.write(`${resumeHint(runDirectory)}\n`);
    }
    throw error;
  } finally {
    progress.close();
    stopListening();
  }
  if (invocation.flag("profile")) {
    io.stderr.write(
      result.profile === undefined
        ? "no step was taken: there is no time to tell of\n"
        : `\n${profileText(result.profile)}`,
    );
  }
  if (invocation.flag("json")) io.stdout.write(`${JSON.stringify(trainingJson(result))}\n`);
  else if (!result.stopped) {
    io.stdout.write(trainingReport(result, { source: loaded.source, quiet, fromStep }));
  }
  if (!result.stopped) {
    if (runDirectory !== undefined) {
      await report(runDirectory, { loaded, settings, invocation, io });
    }
    return 0;
  }
  const after = result.steps === 0
    ? "before the first step"
    : `after step ${formatCount(result.steps)}`;
  const kept = runDirectory === undefined || result.steps === 0
    ? "nothing was kept"
    : resumeHint(runDirectory);
  io.stderr.write(`stopped ${after}; ${kept}\n`);
  return status;
}

/** Writes the report of a run that has ended; what keeps it from being written fails no run. */
async function report(
  directory: string,
  { loaded, settings, invocation, io }: Pick<Training, "loaded" | "settings"> & {
    readonly invocation: Invocation;
    readonly io: Io;
  },
): Promise<void> {
  try {
    const path = await writeReport(directory, { pipeline: loaded.pipeline, set: settings.set });
    if (!invocation.flag("json") && !invocation.flag("quiet")) {
      io.stdout.write(`report    ${path}\n`);
    }
  } catch (error) {
    const [reason] = (error instanceof Error ? error.message : String(error)).split("\n");
    io.stderr.write(`report not written: ${reason}\n`);
  }
}

function keepCommand(
  directory: string,
  { loaded, settings }: Pick<Training, "loaded" | "settings">,
): void {
  writeCommand(directory, {
    pipeline: loaded.source,
    workingDirectory: Deno.cwd(),
    ...settings,
  });
}

function resumeHint(directory: string): string {
  return `go on with: ${commandOf("resume")} ${quoteArgument(directory)}`;
}

/** The object that `train --json` ends with. */
export function trainingJson(result: TrainResult): Readonly<Record<string, unknown>> {
  return {
    pipeline: result.pipeline,
    device: result.device,
    threads: result.threads,
    seed: result.seed,
    epochs: result.epochs,
    steps: result.steps,
    seconds: result.seconds,
    samplesPerSecond: result.samplesPerSecond,
    loss: result.loss,
    lossOf: result.lossOf,
    metrics: result.metrics,
    ...defined({ tables: result.tables, invalid: result.invalid }),
    parameters: result.parameters,
    runDirectory: result.runDirectory,
    secondsToFirstStep: result.secondsToFirstStep,
    workers: result.workers,
    precision: result.precision,
    ...defined({ skippedSteps: result.skippedSteps }),
    stopped: result.stopped,
    ...defined({ profile: result.profile }),
  };
}

/** The table that `train` ends with. */
function trainingReport(
  result: TrainResult,
  { source, quiet, fromStep = 0 }: {
    readonly source: string;
    readonly quiet: boolean;
    /** Steps that an earlier session took. */
    readonly fromStep?: number;
  },
): string {
  const { train, validation, test } = result.metrics;
  const facts = [["trained", trainedText(result, fromStep)]];
  const { skippedSteps: skipped = 0 } = result;
  if (skipped > 0) {
    facts.push([
      "skipped",
      `${formatAmount(skipped, "step")} whose gradients 16 bits could not hold`,
    ]);
  }
  if (result.runDirectory !== null) {
    facts.push(["run", result.runDirectory]);
    const rest = `${quoteArgument(source)} --run ${quoteArgument(result.runDirectory)}`;
    if (!quiet) {
      facts.push(["evaluate", `${commandOf("evaluate")} ${rest}`]);
      facts.push(["predict", `${commandOf("predict")} ${rest} --input FILE`]);
    }
  }
  const scores = scoresTable({ train, validation, test });
  const tables = result.tables === undefined ? "" : lastTables(result.tables);
  return `${scores === "" ? "" : `\n${scores}\n`}${tables}${formatTable(facts)}`;
}

/** `5 epochs, 9,375 steps in 3.1 s (48,200 samples/s)`; of a resumed run, its last steps. */
function trainedText(result: TrainResult, fromStep: number): string {
  const done = `${formatAmount(result.epochs, "epoch")}, ${formatAmount(result.steps, "step")}`;
  if (result.steps === fromStep) return `${done}; nothing was left to do`;
  const last = fromStep === 0 ? "" : `, the last ${formatCount(result.steps - fromStep)} of them`;
  return `${done}${last} in ${formatSeconds(result.seconds)} ` +
    `(${formatRate(result.samplesPerSecond)} samples/s)`;
}

/**
 * `resume`: goes on with a run from its newest good checkpoint.
 *
 * @module
 */
import { recordedPrecision } from "../execute/mod.ts";
import { type PipelineError, pipelineError, UsageError } from "../errors.ts";
import { commandOf, quoteArgument } from "./command.ts";
import { isScript, loadPipeline } from "./load.ts";
import { executeSettings, type Invocation, shared, type Verb } from "./options.ts";
import { exists, newestRun, readCommand, type RunCommand, sourceOf } from "./runs.ts";
import { dim, type Io } from "./terminal.ts";
import { runTraining } from "./train.ts";

/** The verb `resume`. */
export const resume: Verb = {
  name: "resume",
  summary: "Go on with a run from its newest good checkpoint",
  operand: "<run directory or pipeline.ts>",
  options: [
    shared.epochs,
    shared.set,
    shared.device,
    shared.threads,
    shared.workers,
    shared.limit,
    { ...shared.run, description: "Run to go on with; default: the newest of the pipeline" },
    shared.uploadRows,
    shared.profile,
    shared.quiet,
    shared.json,
  ],
  notes: "The run's own settings are used again; options given here come before them.",
  async run(invocation, io) {
    const operand = invocation.operand();
    const own = executeSettings(invocation);
    if (!isScript(operand) && !await exists(operand)) throw nothingToResume(operand);
    const { directory, command, source } = await isDirectory(operand)
      ? await runOf(invocation, operand)
      : await runOfPipeline(invocation, { source: operand, io });
    const { device, threads, workers, limit } = { ...command, ...own };
    // a run of a program has no command, but every record says how floats were stored
    const precision = await recordedPrecision(directory);
    return await runTraining(invocation, io, {
      loaded: await loadPipeline(source),
      settings: {
        ...(device === undefined ? {} : { device }),
        ...(threads === undefined ? {} : { threads }),
        ...(workers === undefined ? {} : { workers }),
        ...(limit === undefined ? {} : { limit }),
        ...(precision === undefined ? {} : { precision }),
        set: { ...command?.set, ...own.set },
      },
      runDirectory: directory,
      resume: true,
    });
  },
};

function nothingToResume(operand: string): PipelineError {
  return pipelineError({
    code: "run",
    path: "",
    message: `Cannot find the run directory "${operand}"`,
    hint: "give the directory of a run, or the pipeline, whose newest run is then resumed",
  });
}

interface Run {
  readonly directory: string;
  readonly command: RunCommand | undefined;
  readonly source: string;
}

async function runOf(invocation: Invocation, directory: string): Promise<Run> {
  if (invocation.text("run") !== undefined) {
    throw new UsageError(`Cannot use "--run": "${directory}" is a run directory already`);
  }
  const command = await readCommand(directory);
  if (command !== undefined) return { directory, command, source: await sourceOf(command) };
  throw pipelineError({
    code: "run",
    path: "",
    message: `Cannot resume "${directory}": it does not say which pipeline it is of`,
    hint: `name it: ${commandOf("resume")} <pipeline.ts> --run ${quoteArgument(directory)}`,
  });
}

async function runOfPipeline(
  invocation: Invocation,
  { source, io }: { readonly source: string; readonly io: Io },
): Promise<Run> {
  const { pipeline } = await loadPipeline(source);
  const given = invocation.text("run");
  const directory = given ?? await newestRun(io.runs, { pipeline: pipeline.name });
  if (directory === undefined) {
    throw pipelineError({
      code: "run",
      path: "",
      message: `Cannot resume: there is no run of "${pipeline.name}" under "${io.runs}"`,
      hint: `train one: ${commandOf("train")} ${quoteArgument(source)}`,
    });
  }
  if (given === undefined && !invocation.flag("quiet")) {
    io.stderr.write(dim(io.stderr, `resuming run ${directory}`) + "\n");
  }
  return { directory, command: await readCommand(directory), source };
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isDirectory;
  } catch {
    return false;
  }
}

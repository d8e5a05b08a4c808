/**
 * Run directories: making one, finding the newest, and the record of the command that made it, by
 * which `resume` knows what to go on with.
 *
 * @module
 */
import { dirname, join, relative, resolve } from "node:path";
import { pipelineError } from "../errors.ts";
import { fileError } from "../formats/mod.ts";
import { commandOf, quoteArgument } from "./command.ts";
import type { Precision } from "../plan/mod.ts";
import type { Invocation } from "./options.ts";
import { dim, type Io } from "./terminal.ts";

/** The trained model of a run. */
const modelFile = "model.safetensors";
/** What was asked on the command line. */
const commandFile = "command.json";

/** What a run was started with. */
export interface RunCommand {
  /** Path or URL of the pipeline, as given. */
  readonly pipeline: string;
  /** The directory from which a relative path is meant. */
  readonly workingDirectory: string;
  readonly device?: string;
  readonly threads?: number;
  readonly workers?: number;
  readonly limit?: number;
  readonly precision?: Precision;
  readonly set: Readonly<Record<string, unknown>>;
}

/**
 * Makes a new directory `<runs>/<pipeline>-<YYYYMMDD-HHMMSS>`; one that is there already is never
 * taken, even when two runs begin in the same second.
 *
 * @throws {DataError} When it cannot be written.
 */
export async function makeRunDirectory(
  runs: string,
  { pipeline, date = new Date() }: { readonly pipeline: string; readonly date?: Date },
): Promise<string> {
  try {
    await Deno.mkdir(runs, { recursive: true });
  } catch (cause) {
    throw fileError("write the run directory", runs, cause);
  }
  const name = join(runs, `${safeName(pipeline)}-${stamp(date)}`);
  for (let number = 1;; number++) {
    const directory = number === 1 ? name : `${name}-${number}`;
    try {
      await Deno.mkdir(directory);
      return directory;
    } catch (error) {
      if (error instanceof Deno.errors.AlreadyExists) continue;
      throw fileError("write the run directory", directory, error);
    }
  }
}

/** Removes a run directory in which nothing was kept, unless the command is something. */
export async function removeIfUnused(directory: string): Promise<void> {
  try {
    const names = await Array.fromAsync(Deno.readDir(directory), ({ name }) => name);
    if (names.some((name) => name !== commandFile)) return;
    await Deno.remove(directory, { recursive: true });
  } catch {
    // it may not be written to any more, or has never been
  }
}

/** The newest run of a pipeline; with `having`, the newest in which that file is. */
export async function newestRun(
  runs: string,
  { pipeline, having }: { readonly pipeline: string; readonly having?: string },
): Promise<string | undefined> {
  const prefix = `${safeName(pipeline)}-`;
  const found: { readonly name: string; readonly stamp: string; readonly number: number }[] = [];
  try {
    for await (const { name, isDirectory } of Deno.readDir(runs)) {
      if (!isDirectory || !name.startsWith(prefix)) continue;
      const [, stamp, number] = /^(\d{8}-\d{6})(?:-(\d+))?$/.exec(name.slice(prefix.length)) ?? [];
      if (stamp !== undefined) found.push({ name, stamp, number: Number(number ?? 1) });
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) {
      throw fileError("read the run directory", runs, error);
    }
  }
  found.sort((a, b) => b.stamp.localeCompare(a.stamp) || b.number - a.number);
  for (const { name } of found) {
    const directory = join(runs, name);
    if (having === undefined || await exists(join(directory, having))) return directory;
  }
  return undefined;
}

/** A trained model, and the settings that it was trained with. */
export interface FoundModel {
  /** Path of the file. */
  readonly model: string;
  readonly set: Readonly<Record<string, unknown>>;
}

/**
 * The model to evaluate or predict with: `--model`, else that of `--run`, else that of the newest
 * run of the pipeline, which is then named on standard error. What was set when it was trained is
 * found beside it.
 *
 * @throws {PipelineError} When there is none.
 */
export async function findModel(
  invocation: Invocation,
  { pipeline, source, io }: {
    readonly pipeline: string;
    readonly source: string;
    readonly io: Io;
  },
): Promise<FoundModel> {
  const model = await findModelFile(invocation, { pipeline, source, io });
  const command = await readCommand(dirname(model));
  return { model, set: command?.set ?? {} };
}

async function findModelFile(
  invocation: Invocation,
  { pipeline, source, io }: {
    readonly pipeline: string;
    readonly source: string;
    readonly io: Io;
  },
): Promise<string> {
  const model = invocation.text("model");
  if (model !== undefined) return await existingModel(model, "give the path of a model file");
  const run = invocation.text("run");
  if (run !== undefined) {
    return await existingModel(
      join(run, modelFile),
      await hasCheckpoint(run)
        ? `the run has not ended; go on with it: ${commandOf("resume")} ${quoteArgument(run)}`
        : await exists(run)
        ? `the run ended before its first checkpoint; train anew: ${commandOf("train")} ${
          quoteArgument(source)
        }`
        : "give the directory of a run",
    );
  }
  const newest = await newestRun(io.runs, { pipeline, having: modelFile });
  if (newest === undefined) {
    throw pipelineError({
      code: "model",
      path: "",
      message:
        `Cannot find a trained model: there is no finished run of "${pipeline}" under "${io.runs}"`,
      hint: `train one: ${commandOf("train")} ${quoteArgument(source)}, or give --run or --model`,
    });
  }
  if (!invocation.flag("quiet")) io.stderr.write(dim(io.stderr, `using run ${newest}`) + "\n");
  return join(newest, modelFile);
}

async function existingModel(path: string, hint: string): Promise<string> {
  if (await exists(path)) return path;
  throw pipelineError({
    code: "model",
    path: "",
    message: `Cannot find the model "${path}"`,
    hint,
  });
}

/**
 * Tells whether something is at a path.
 *
 * @throws {DataError} When that cannot be known, for want of a permission.
 */
export async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      return false;
    }
    throw fileError("read", path, error);
  }
}

/** Tells whether a run directory has something to resume from; never throws. */
export async function hasCheckpoint(directory: string): Promise<boolean> {
  try {
    for await (const _ of Deno.readDir(join(directory, "checkpoints"))) return true;
  } catch {
    // There is none, or it cannot be read; whoever asks has an error to tell of already.
  }
  return false;
}

/** Keeps the command in the run directory, so that it can be resumed. */
export function writeCommand(directory: string, command: RunCommand): void {
  const path = join(directory, commandFile);
  Deno.writeTextFileSync(`${path}.new`, `${JSON.stringify(command, null, 2)}\n`);
  Deno.renameSync(`${path}.new`, path);
}

/** The command of a run directory; `undefined` when none was kept. */
export async function readCommand(directory: string): Promise<RunCommand | undefined> {
  const path = join(directory, commandFile);
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw fileError("read", path, error);
  }
  const command = parseCommand(text);
  if (command !== undefined) return command;
  throw pipelineError({
    code: "run",
    path: "",
    message: `Cannot read "${path}": it is no record of a command`,
    hint: `name the pipeline: ${commandOf("resume")} <pipeline.ts> --run ${
      quoteArgument(directory)
    }`,
  });
}

function parseCommand(text: string): RunCommand | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const command = value as Partial<RunCommand> | null;
  return typeof command === "object" && command !== null &&
      typeof command.pipeline === "string" && typeof command.workingDirectory === "string" &&
      typeof command.set === "object" && command.set !== null
    ? command as RunCommand
    : undefined;
}

/** Where the pipeline of a command is now: from here, else from where the command was given. */
export async function sourceOf(command: RunCommand): Promise<string> {
  if (/^[a-z][a-z\d+.-]+:/i.test(command.pipeline) || await exists(command.pipeline)) {
    return command.pipeline;
  }
  const there = resolve(command.workingDirectory, command.pipeline);
  return await exists(there) ? relative(Deno.cwd(), there) : command.pipeline;
}

/** A name that can be a directory's. */
function safeName(name: string): string {
  return name.replaceAll(/[^\w.-]+/g, "-").replace(/^[.-]+/, "") || "pipeline";
}

function stamp(date: Date): string {
  const two = (value: number) => String(value).padStart(2, "0");
  return `${date.getFullYear()}${two(date.getMonth() + 1)}${two(date.getDate())}-` +
    two(date.getHours()) + two(date.getMinutes()) + two(date.getSeconds());
}

/**
 * Loading the pipeline that the command line names: a file or URL whose default export is one.
 *
 * @module
 */
import { dirname, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { stripVTControlCharacters } from "node:util";
import { isUserError, nearestName, type PipelineError, pipelineError } from "../errors.ts";
import { fileError } from "../formats/mod.ts";
import type { Pipeline } from "../declare/mod.ts";

/** A pipeline with the place it was loaded from. */
export interface LoadedPipeline {
  readonly pipeline: Pipeline;
  /** The path or URL, as given. */
  readonly source: string;
}

/**
 * Loads a pipeline by the path of its file, from the working directory, or by its URL.
 *
 * @throws {PipelineError} When the file is missing, cannot be loaded, or does not export a pipeline.
 */
export async function loadPipeline(source: string): Promise<LoadedPipeline> {
  const url = isUrl(source) ? source : await urlOfFile(source);
  let module: Readonly<Record<string, unknown>>;
  try {
    module = await import(url);
  } catch (error) {
    throw isUserError(error) ? error : loadError(source, { url, error });
  }
  return { pipeline: exportedPipeline(module, source), source };
}

/** Tells whether a value is what `pipeline()` makes. */
export function isPipeline(value: unknown): value is Pipeline {
  return typeof value === "object" && value !== null && "name" in value && "stages" in value &&
    "strangers" in value && typeof value.name === "string" && Array.isArray(value.stages) &&
    Array.isArray(value.strangers);
}

/** Tells whether a path or URL can be that of a program. */
export function isScript(source: string): boolean {
  return isUrl(source) || /\.[cm]?[jt]sx?$/.test(source);
}

function isUrl(source: string): boolean {
  return /^[a-z][a-z\d+.-]+:/i.test(source);
}

async function urlOfFile(source: string): Promise<string> {
  const path = resolve(source);
  try {
    const { isDirectory } = await Deno.stat(path);
    if (!isDirectory && isScript(path)) return pathToFileURL(path).href;
    if (!isDirectory) {
      throw unusable({
        message: `Cannot load "${source}" as a pipeline: it is no TypeScript or JavaScript`,
        hint: "name the .ts file that declares the pipeline",
      });
    }
  } catch (error) {
    if (!isMissing(error)) throw isUserError(error) ? error : fileError("read", source, error);
    throw unusable({
      message: `Cannot find the pipeline "${source}"`,
      ...await similarFile(path),
    });
  }
  throw unusable({
    message: `Cannot load "${source}" as a pipeline: it is a directory`,
    ...await filesIn(path, source),
  });
}

function isMissing(error: unknown): boolean {
  return error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory;
}

/** A file that may be meant: beside the one that is not there, or in a folder of pipelines there. */
async function similarFile(path: string): Promise<{ hint?: string }> {
  const directory = dirname(path);
  const wanted = path.slice(directory.length + 1);
  const below = (await scriptsIn(`${directory}/pipelines`)).map((name) => `pipelines/${name}`);
  const files = [...await scriptsIn(directory), ...below];
  const near = below.find((file) => file === `pipelines/${wanted}`) ??
    nearestName(wanted, files);
  const shown = (name: string) => relative(Deno.cwd(), resolve(directory, name));
  if (near !== undefined) return { hint: `did you mean "${shown(near)}"?` };
  return files.length === 0 ? {} : { hint: `the folder has ${listed(files.map(shown))}` };
}

async function filesIn(path: string, source: string): Promise<{ hint?: string }> {
  const files = await scriptsIn(path);
  const prefix = source.replace(/\/+$/, "");
  return files.length === 0
    ? {}
    : { hint: `name a file of it: ${listed(files.map((name) => `${prefix}/${name}`))}` };
}

/** The first names of a list. */
function listed(names: readonly string[]): string {
  return [...names.slice(0, 8), ...(names.length > 8 ? ["…"] : [])].join(", ");
}

async function scriptsIn(directory: string): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const entry of Deno.readDir(directory)) {
      // what gathers modules is no pipeline
      if (entry.isFile && isScript(entry.name) && entry.name !== "mod.ts") names.push(entry.name);
    }
  } catch {
    // A directory that cannot be listed gives no hint.
  }
  return names.sort();
}

/** What went wrong inside the import: not found, not parsed, or thrown by the file itself. */
function loadError(
  source: string,
  { url, error }: { readonly url: string; readonly error: unknown },
): PipelineError {
  const { name, message, stack = "" } = error instanceof Error
    ? error
    : { name: "", message: String(error) };
  const notLoaded = error instanceof Error && "code" in error;
  // Deno colors the place of an import that failed.
  const plain = stripVTControlCharacters(message);
  const what = notLoaded || name === "" ? plain : `${name}: ${plain}`;
  const frame = /\bat (?:.*\()?((?:file|https?):[^\s()]+:\d+:\d+)\)?/.exec(stack)?.[1];
  const place = frame === undefined || message.includes(" at ") ? "" : `\n  at ${shorten(frame)}`;
  return unusable({
    message: `Cannot load "${source}": ${what.replaceAll(url, source)}${place}`,
  }, error);
}

/** A file URL below the working directory as a path. */
function shorten(place: string): string {
  const here = `${pathToFileURL(Deno.cwd()).href}/`;
  return place.startsWith(here) ? place.slice(here.length) : place;
}

function exportedPipeline(module: Readonly<Record<string, unknown>>, source: string): Pipeline {
  const exported = module.default;
  if (isPipeline(exported)) return exported;
  const named = Object.keys(module).find((name) => name !== "default" && isPipeline(module[name]));
  const hint = named === undefined
    ? "end the file with: export default pipeline({ name, stages: { … } })"
    : `it exports a pipeline as "${named}": add "export default ${named}"`;
  throw unusable({
    message: exported === undefined
      ? `Cannot use "${source}": it has no default export`
      : `Cannot use "${source}": its default export is no pipeline`,
    ...(exported === undefined ? {} : { received: kindOf(exported), expected: "pipeline({ … })" }),
    hint,
  });
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  const kind = typeof value;
  return kind === "object" ? "an object" : `a ${kind}`;
}

function unusable(
  issue: {
    readonly message: string;
    readonly received?: string;
    readonly expected?: string;
    readonly hint?: string;
  },
  cause?: unknown,
): PipelineError {
  return pipelineError({ code: "pipeline", path: "", ...issue }, { cause });
}

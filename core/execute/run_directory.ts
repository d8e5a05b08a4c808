/**
 * What a run leaves behind: `run.json` (what was run and what came out), `events.jsonl` (a line per
 * logged step and epoch), `checkpoints/`, and `model.safetensors`. Every file but the event log is
 * written whole or not at all.
 *
 * @module
 */
import { DataError, pipelineError } from "../errors.ts";
import { fileError, isRecord, isThere, readBytes, writeFileAtomic } from "../formats/mod.ts";
import { type Precision, precisions } from "../plan/mod.ts";
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from "./checkpoint.ts";
import type { RunEvent } from "./types.ts";

const kept = 2;

/** A run directory. */
export class RunDirectory {
  /** What was made for a run that has taken no step yet. */
  #made: readonly string[];

  private constructor(readonly path: string, { made }: { readonly made: readonly string[] }) {
    this.#made = made;
  }

  /**
   * Makes a run directory, or opens one.
   *
   * @param options.fresh Refuses a directory that holds a run already: a run is never written over.
   * @throws {PipelineError} When it holds a run.
   * @throws {DataError} When it cannot be written.
   */
  static async open(
    path: string,
    { fresh }: { readonly fresh: boolean },
  ): Promise<RunDirectory> {
    if (fresh && await holdsRun(path)) {
      throw pipelineError({
        code: "run",
        path: "",
        message: `Cannot train into "${path}": it already holds a run`,
        hint: (await checkpointsIn(path)).length > 0
          ? "resume it, or name another directory"
          : "name another directory; it has no checkpoint to resume from",
      });
    }
    let made: string[];
    try {
      made = await missingFrom(path);
      await Deno.mkdir(`${path}/checkpoints`, { recursive: true });
      await Deno.writeTextFile(`${path}/events.jsonl`, "", { append: true });
    } catch (cause) {
      const reason = cause instanceof DataError ? cause.cause : cause;
      throw fileError("write the run directory", path, reason);
    }
    return new RunDirectory(path, { made });
  }

  /** Removes what was made for a run that took no step: there is nothing to look at or to go on from. */
  async discardUnused(): Promise<void> {
    for (const made of this.#made) {
      try {
        await Deno.remove(made);
      } catch {
        // somebody else put something there
      }
    }
  }

  /** Path of the trained model. */
  get modelPath(): string {
    return `${this.path}/model.safetensors`;
  }

  /** Appends a line to the event log. */
  log(event: RunEvent): void {
    if (event.kind === "step" || event.kind === "epoch") this.#made = [];
    const line = JSON.stringify({ time: new Date().toISOString(), ...event });
    Deno.writeTextFileSync(`${this.path}/events.jsonl`, `${line}\n`, { append: true });
  }

  /** Writes `run.json`. */
  async writeRecord(record: unknown): Promise<void> {
    const text = `${JSON.stringify(record, null, 2)}\n`;
    await writeFileAtomic(`${this.path}/run.json`, new TextEncoder().encode(text));
  }

  /** What `run.json` holds; `undefined` where there is none that can be read. */
  readRecord(): Promise<Readonly<Record<string, unknown>> | undefined> {
    return readRecord(this.path);
  }

  /** Writes a checkpoint, and removes all but the newest ones. */
  async writeCheckpoint(checkpoint: Checkpoint): Promise<string> {
    const step = String(checkpoint.step).padStart(9, "0");
    const path = `${this.path}/checkpoints/step-${step}.safetensors`;
    await writeFileAtomic(path, encodeCheckpoint(checkpoint));
    for (const old of (await checkpointsIn(this.path)).slice(kept)) await Deno.remove(old);
    return path;
  }

  /**
   * Reads the newest checkpoint that is whole; a torn or altered one is told of and passed over.
   *
   * @throws {PipelineError} When there is none.
   */
  async newestCheckpoint(tell: (message: string) => void): Promise<Checkpoint> {
    const paths = await checkpointsIn(this.path);
    for (const [i, path] of paths.entries()) {
      try {
        return decodeCheckpoint((await readBytes(path)).bytes, path);
      } catch (error) {
        const next = i + 1 < paths.length ? "\nGoing back to the checkpoint before it" : "";
        tell(`${(error as Error).message}${next}`);
      }
    }
    throw pipelineError({
      code: "resume",
      path: "",
      message: `Cannot resume "${this.path}": it holds no good checkpoint`,
      hint: "train anew, or give the directory of another run with --run",
    });
  }
}

/** What opening a run directory makes, the innermost first: nothing where there is something already. */
async function missingFrom(path: string): Promise<string[]> {
  const inside = [`${path}/events.jsonl`, `${path}/run.json`, `${path}/checkpoints`];
  if (!await isThere(path)) return [...inside, path];
  for (const name of inside) if (await isThere(name)) return [];
  return inside;
}

/** Paths of checkpoints, newest first. */
async function checkpointsIn(path: string): Promise<string[]> {
  const folder = `${path}/checkpoints`;
  const names: string[] = [];
  try {
    for await (const entry of Deno.readDir(folder)) {
      if (/^step-\d+\.safetensors$/.test(entry.name)) names.push(entry.name);
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) {
      throw fileError("read the run directory", path, error);
    }
  }
  return names.sort().reverse().map((name) => `${folder}/${name}`);
}

/** How a run stores floats, as its record says; `undefined` where it does not. */
export async function recordedPrecision(path: string): Promise<Precision | undefined> {
  const { precision } = await readRecord(path) ?? {};
  return precisions.find((known) => known === precision);
}

/** What `run.json` of a folder holds; `undefined` where there is none that can be read. */
async function readRecord(path: string): Promise<Readonly<Record<string, unknown>> | undefined> {
  try {
    const record: unknown = JSON.parse(await Deno.readTextFile(`${path}/run.json`));
    return isRecord(record) ? record : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a folder holds the record or a checkpoint of a run. */
async function holdsRun(path: string): Promise<boolean> {
  for (const name of ["run.json", "checkpoints"]) {
    try {
      const { isFile } = await Deno.stat(`${path}/${name}`);
      if (isFile) return true;
      for await (const _ of Deno.readDir(`${path}/${name}`)) return true;
    } catch {
      // there is none, or opening the directory will say what is wrong with it
    }
  }
  return false;
}

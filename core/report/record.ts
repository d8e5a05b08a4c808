/**
 * What a run directory says of its run: `run.json`, and the history in `events.jsonl`.
 *
 * @module
 */
import { DataError } from "../errors.ts";
import { fileError } from "../formats/mod.ts";
import type { PipelineDescription } from "../check/mod.ts";
import type { RunEvent, Scores, TrainResult } from "../execute/mod.ts";

/** What `run.json` says. */
export interface RunRecord {
  readonly pipeline: PipelineDescription;
  readonly device: string;
  readonly threads: number;
  readonly limit: number | null;
  /** Hashes of the data by loader. */
  readonly data: Readonly<Record<string, string>>;
  readonly versions: Readonly<Record<string, string>>;
  readonly finished: boolean;
  /** Absent in a run that did not end. */
  readonly results?: Omit<TrainResult, "model">;
}

/** What happened during a run, as far as it led to its result. */
export interface History {
  readonly started: Date | undefined;
  readonly stepsPerEpoch: number;
  /** Steps taken before the last session; 0 for a run in one go. */
  readonly resumedAfter: number;
  /** Rows of the training split. */
  readonly rows: number;
  /** Loss of single steps, of all losses together. */
  readonly steps: readonly { readonly step: number; readonly loss: number }[];
  readonly epochs: readonly EpochScores[];
}

/** Scores at the end of an epoch. */
export interface EpochScores {
  readonly epoch: number;
  /** Mean over the epoch, while it trained. */
  readonly train: Scores;
  /** After the epoch. */
  readonly validation?: Scores;
}

/**
 * Reads `run.json`.
 *
 * @throws {DataError} When it is missing or is no record of a run.
 */
export async function readRecord(directory: string): Promise<RunRecord> {
  const file = `${directory}/run.json`;
  const text = await readText(file);
  try {
    const record = JSON.parse(text);
    if (record?.millrace === 1) return record;
  } catch {
    // said below, as for a file of something else
  }
  throw new DataError("Cannot report on this run: the file is no record of one", {
    file,
    hint: "give the directory of a run that `train` made",
  });
}

/** Reads `events.jsonl`; of steps that were taken again after a resume, the last counts. */
export async function readHistory(directory: string): Promise<History> {
  let text = "";
  try {
    text = await Deno.readTextFile(`${directory}/events.jsonl`);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) {
      throw fileError("read", `${directory}/events.jsonl`, error);
    }
  }
  return historyOf(text.split("\n").flatMap(parseEvent));
}

type LoggedEvent = RunEvent & { readonly time?: string };

/** A line of the log; a torn one gives nothing. */
function parseEvent(line: string): LoggedEvent[] {
  try {
    const event = JSON.parse(line);
    return typeof event?.kind === "string" ? [event] : [];
  } catch {
    return [];
  }
}

function historyOf(events: readonly LoggedEvent[]): History {
  let started: Date | undefined;
  let stepsPerEpoch = 0;
  let resumedAfter = 0;
  let rows = 0;
  let steps: { step: number; loss: number }[] = [];
  let epochs: EpochScores[] = [];
  for (const event of events) {
    if (event.kind === "start") {
      const { fromStep, fromEpoch } = event;
      steps = steps.filter(({ step }) => step <= fromStep);
      epochs = epochs.filter(({ epoch }) => epoch <= fromEpoch);
      if (fromStep === 0 || started === undefined) started = dateOf(event.time);
      resumedAfter = fromStep;
      ({ stepsPerEpoch, rows } = event);
    }
    if (event.kind === "step") steps.push({ step: event.step, loss: event.loss });
    if (event.kind === "epoch") epochs.push(event);
  }
  return { started, stepsPerEpoch, resumedAfter, rows, steps, epochs };
}

function dateOf(time: string | undefined): Date | undefined {
  const date = new Date(time ?? NaN);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

async function readText(file: string): Promise<string> {
  try {
    return await Deno.readTextFile(file);
  } catch (cause) {
    throw fileError("read", file, cause);
  }
}

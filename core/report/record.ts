/**
 * What a run directory says of its run: `run.json`, and the history in `events.jsonl`.
 *
 * @module
 */
import { DataError } from "../errors.ts";
import { areTexts, fileError, isNumberOrNull, isRecord, isRecordOf } from "../formats/mod.ts";
import type { ScoreTable } from "../declare/mod.ts";
import { isPipelineDescription, type PipelineDescription } from "../check/mod.ts";
import type {
  InvalidSplit,
  RunEvent,
  Scores,
  ScoreTables,
  StepProfile,
  TrainResult,
} from "../execute/mod.ts";

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
  /** Rows that could not be used, by loader and split. */
  readonly invalid: readonly InvalidSplit[];
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
    const record: unknown = JSON.parse(text);
    if (isRunRecord(record)) return record;
  } catch {
    // said below, as for a file of something else
  }
  throw new DataError("Cannot report on this run: the file is no record of one", {
    file,
    hint: "give the directory of a run that `train` made",
  });
}

/** Whether a record has all that a report reads of it. */
function isRunRecord(x: unknown): x is RunRecord {
  if (!isRecord(x) || x.millrace !== 1) return false;
  const { pipeline, device, threads, limit, data, versions, finished, results } = x;
  return isPipelineDescription(pipeline) && typeof device === "string" &&
    Number.isFinite(threads) && isNumberOrNull(limit) && isRecordOf(data, isText) &&
    isRecordOf(versions, isText) && typeof finished === "boolean" &&
    (results === undefined || areResults(results));
}

function areResults(x: unknown): boolean {
  if (!isRecord(x)) return false;
  const { parameters, epochs, steps, seconds, samplesPerSecond, secondsToFirstStep } = x;
  return [parameters, epochs, steps, seconds, samplesPerSecond, secondsToFirstStep]
    .every(isNumberOrNull) &&
    isRecordOf(x.metrics, areScores) &&
    (x.tables === undefined || isRecordOf(x.tables, areTables)) &&
    (x.invalid === undefined || Array.isArray(x.invalid) && x.invalid.every(isInvalidSplit)) &&
    (x.profile === undefined || isRecord(x.profile) && isStepProfile(x.profile.step));
}

function areScores(x: unknown): x is Scores {
  return isRecordOf(x, isNumberOrNull);
}

function areTables(x: unknown): x is ScoreTables {
  return isRecordOf(x, (table): table is ScoreTable => {
    if (!isRecord(table)) return false;
    const { rowTitle, rows, columns, values } = table;
    return isText(rowTitle) && areTexts(rows) && areTexts(columns) && Array.isArray(values) &&
      values.length === rows.length &&
      values.every((row) =>
        Array.isArray(row) && row.length === columns.length && row.every(isNumberOrNull)
      );
  });
}

function isInvalidSplit(x: unknown): boolean {
  if (!isRecord(x)) return false;
  const { stage, split, policy, checked, dropped, kept, faults, examples } = x;
  const isPlace = (at: unknown) => at === undefined || isText(at) || Number.isFinite(at);
  return [stage, split, policy].every(isText) && [checked, dropped, kept].every(isNumberOrNull) &&
    Array.isArray(faults) && Array.isArray(examples) &&
    faults.every((fault) =>
      isRecord(fault) && isText(fault.reason) && isPlace(fault.column) &&
      isNumberOrNull(fault.rows)
    ) &&
    examples.every((example) =>
      isRecord(example) && isText(example.file) && isText(example.message) &&
      isPlace(example.row) && isPlace(example.column)
    );
}

function isStepProfile(x: unknown): x is StepProfile {
  if (!isRecord(x) || !Array.isArray(x.stages)) return false;
  const { batchSize, steps, threads, seconds, predicted, feeding, waiting, stages } = x;
  return [batchSize, steps, threads, seconds, predicted, feeding, waiting].every(isNumberOrNull) &&
    stages.every((stage) =>
      isRecord(stage) && areTexts(stage.paths) && isNumberOrNull(stage.forward) &&
      isNumberOrNull(stage.backward)
    );
}

function isText(x: unknown): x is string {
  return typeof x === "string";
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
    const event: unknown = JSON.parse(line);
    return isRecord(event) && isEvent(event) ? [event as unknown as LoggedEvent] : [];
  } catch {
    return [];
  }
}

/** Whether an event has what the history takes of its kind. */
function isEvent(event: Readonly<Record<string, unknown>>): boolean {
  const areNumbers = (...names: readonly string[]) =>
    names.every((name) => Number.isFinite(event[name]));
  switch (event.kind) {
    case "start":
      return areNumbers("fromStep", "fromEpoch", "stepsPerEpoch", "rows");
    case "step":
      return areNumbers("step") && isNumberOrNull(event.loss);
    case "epoch":
      return areNumbers("epoch") && areScores(event.train) &&
        (event.validation === undefined || areScores(event.validation));
    case "invalid":
      return isInvalidSplit(event);
    default:
      return false;
  }
}

function historyOf(events: readonly LoggedEvent[]): History {
  let started: Date | undefined;
  let stepsPerEpoch = 0;
  let resumedAfter = 0;
  let rows = 0;
  let steps: { step: number; loss: number }[] = [];
  let epochs: EpochScores[] = [];
  const invalid = new Map<string, InvalidSplit>();
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
    if (event.kind === "invalid") invalid.set(`${event.stage} ${event.split}`, event);
  }
  return {
    started,
    stepsPerEpoch,
    resumedAfter,
    rows,
    steps,
    epochs,
    invalid: [...invalid.values()],
  };
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

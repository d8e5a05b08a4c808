/**
 * A checkpoint: where training is, and all that its next step depends on, as the bytes of a file.
 *
 * @module
 */
import { type Issue, PipelineError } from "../errors.ts";
import { formatSpec, type HostTensor, sameSpec } from "../tensor/mod.ts";
import { decodeSafetensors, encodeSafetensors, fileError, isRecord } from "../formats/mod.ts";
import type { VariableLayout } from "../plan/mod.ts";
import type { ScoreState } from "./scores.ts";

/** Where training is, and all that its next step depends on. */
export interface Checkpoint {
  /** Epochs completed. */
  readonly epoch: number;
  /** Steps of the unfinished epoch completed. */
  readonly stepInEpoch: number;
  /** Steps completed in all. */
  readonly step: number;
  /** Sums of the unfinished epoch. */
  readonly scores: ScoreState;
  /** What training depends on besides: a run goes on only with the same. */
  readonly fingerprint: string;
  /** Every variable by path. */
  readonly tensors: Readonly<Record<string, HostTensor>>;
}

const stateKey = "millrace.checkpoint";
/** What stands before the names of columns of scores, which no path of a variable begins with. */
const columnPrefix = "millrace.scores/";

/** A checkpoint but for its tensors, as JSON; what JSON has no number for is a word, as `"NaN"`. */
interface StoredState extends Pick<Checkpoint, "epoch" | "stepInEpoch" | "step" | "fingerprint"> {
  readonly scores: {
    readonly rows: number;
    readonly sums: Readonly<Record<string, readonly (number | string)[]>>;
  };
}

/** Encodes a checkpoint. */
export function encodeCheckpoint(checkpoint: Checkpoint): Uint8Array {
  const { tensors, scores: { columns, rows, sums }, ...position } = checkpoint;
  const words = mapValues(
    sums,
    (values) => values.map((value) => Number.isFinite(value) ? value : String(value)),
  );
  const state: StoredState = { ...position, scores: { rows, sums: words } };
  const all = { ...tensors };
  for (const [name, column] of Object.entries(columns)) all[`${columnPrefix}${name}`] = column;
  return encodeSafetensors(all, { [stateKey]: JSON.stringify(state) });
}

/**
 * Decodes a checkpoint.
 *
 * @param file Path of the file, for messages.
 * @throws {DataError} When it is torn, altered, or no checkpoint.
 */
export function decodeCheckpoint(bytes: Uint8Array<ArrayBuffer>, file: string): Checkpoint {
  const { tensors, metadata } = decodeSafetensors(bytes, file, { requireChecksum: true });
  const { scores: { rows, sums }, ...position } = parseState(metadata[stateKey], file);
  const variables: Record<string, HostTensor> = {};
  const columns: Record<string, HostTensor> = {};
  for (const [name, tensor] of Object.entries(tensors)) {
    if (name.startsWith(columnPrefix)) columns[name.slice(columnPrefix.length)] = tensor;
    else variables[name] = tensor;
  }
  const numbers = mapValues(sums, (values) => values.map(Number));
  return { ...position, scores: { rows, sums: numbers, columns }, tensors: variables };
}

function parseState(text: string | undefined, file: string): StoredState {
  let cause = "it is no checkpoint of Millrace";
  if (text !== undefined) {
    cause = "its record of where training was is damaged";
    try {
      const state: unknown = JSON.parse(text);
      if (isState(state)) return state;
    } catch {
      // no JSON: said below
    }
  }
  throw fileError("resume from", file, cause);
}

function isState(x: unknown): x is StoredState {
  if (!isRecord(x) || !isRecord(x.scores) || !isRecord(x.scores.sums)) return false;
  const { epoch, stepInEpoch, step, fingerprint, scores: { rows, sums } } = x;
  return [epoch, stepInEpoch, step, rows].every(isCount) && typeof fingerprint === "string" &&
    Object.values(sums).every((sum) => Array.isArray(sum) && sum.every(isSum));
}

function isCount(x: unknown): boolean {
  return Number.isSafeInteger(x) && x as number >= 0;
}

function isSum(x: unknown): boolean {
  return Number.isFinite(x) || ["NaN", "Infinity", "-Infinity"].includes(x as string);
}

function mapValues<A, B>(
  record: Readonly<Record<string, A>>,
  change: (value: A) => B,
): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]));
}

/**
 * Checks that a checkpoint holds every variable of a program, in the same shapes.
 *
 * @throws {PipelineError} With every variable that is missing or has another shape.
 */
export function requireCheckpointFits(
  { tensors }: Checkpoint,
  { slots }: VariableLayout,
  { run }: { readonly run: string },
): void {
  const issues = slots.filter(({ role }) => role !== "constant").flatMap((slot): Issue[] => {
    const tensor = tensors[slot.path];
    if (tensor !== undefined && sameSpec(tensor, slot.spec)) return [];
    return [{
      code: "resume",
      path: slot.path,
      message: `Cannot resume "${run}"`,
      received: tensor === undefined ? "no such tensor" : formatSpec(tensor),
      expected: formatSpec(slot.spec),
      hint: "resume with the version of Millrace that the run began with, or train anew",
    }];
  });
  if (issues.length > 0) throw new PipelineError(issues);
}

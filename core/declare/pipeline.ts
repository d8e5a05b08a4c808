/**
 * The first of the three forms: a **Pipeline** of stages and wires, as declared. The value is data:
 * it can be listed, hashed, printed and drawn. Declaring fails only where nothing is declared; what
 * is wrong is found, all of it, by `core/check`.
 *
 * @module
 */
import { z } from "zod";
import { pipelineError } from "../errors.ts";
import { isRecord } from "../formats/mod.ts";
import type { AnyHandle } from "./handles.ts";
import type { Schema } from "./schema.ts";
import type { Stage, StageCall } from "./stage.ts";
import { isHandle, stageCallOf, stageOf, type StageSignature } from "./define_stage.ts";

/**
 * Weights to start from, that another run has trained: what lies at or below a path of a file goes to
 * a path of this pipeline. All that this pipeline has there must be in the file, in the same shapes.
 */
export interface InitialWeights {
  /** A safetensors file, or the directory of a run; relative to the working directory. */
  readonly file: string;
  /** Path in the file, as `"logits"` or `"logits.dense1"`; everything when absent. */
  readonly from?: string | undefined;
  /** Path in this pipeline; that in the file when absent. */
  readonly to?: string | undefined;
  /** File of the pipeline that trains them: what to run is told when they are not there. */
  readonly trainedBy?: string | undefined;
}

/** How a pipeline is run; each field can be set on the command line. */
export interface RunConfig {
  /** Passes over the training split. */
  readonly epochs: number;
  /** Rows per training step. */
  readonly batchSize: number;
  /** Rows per batch when evaluating and predicting. */
  readonly evaluateBatchSize: number;
  /** Seed of initial weights, shuffling and dropout: 0 to 2³² - 1. */
  readonly seed: number;
  /** Whether the training rows are put into a new order each epoch. */
  readonly shuffle: boolean;
  /** What is done with the rows that do not fill the last batch. */
  readonly lastBatch: "keep" | "drop";
  /** Saved weights to start from; the rest begins as its initializers say. */
  readonly initialWeights?: readonly InitialWeights[] | undefined;
}

/** What a user writes of it; everything has a default. */
export type RunOptions = { readonly [field in keyof RunConfig]?: RunConfig[field] | undefined };

/** The schema of `RunConfig`: defaults, limits and help. */
export const runConfigSchema: Schema<RunOptions, RunConfig> = z.strictObject({
  epochs: z.int().min(1).default(1).describe("Passes over the training split"),
  batchSize: z.int().min(1).default(32).describe("Rows per training step"),
  evaluateBatchSize: z.int().min(1).default(128).describe(
    "Rows per batch when evaluating and predicting",
  ),
  seed: z.int().min(0).max(4294967295).default(0).describe(
    "Seed of initial weights, shuffling and dropout",
  ),
  shuffle: z.boolean().default(true).describe("New order of the training rows each epoch"),
  lastBatch: z.enum(["keep", "drop"]).default("keep").describe(
    "What is done with rows that do not fill the last batch",
  ),
  initialWeights: z.array(z.strictObject({
    file: z.string().min(1),
    from: z.string().min(1).optional(),
    to: z.string().min(1).optional(),
    trainedBy: z.string().optional(),
  })).optional().describe(
    'Saved weights to start from, as JSON: [{"file": "runs/teacher", "from": "logits", "to": "teacher"}]',
  ),
});

/** A connection: an output of a stage. */
export interface Wire {
  /** Name of the stage. */
  readonly stage: string;
  /** Output port. */
  readonly port: string;
}

/** A stage of a pipeline, with its name and its connections. */
export interface PipelineStage {
  /** Unique in the pipeline: the key under `stages`, else the kind. */
  readonly name: string;
  /** The stage, as called: its definition, its options and the handles it reads. */
  readonly call: StageCall;
  /** What each input port is connected to; `undefined` where nothing usable is. */
  readonly inputs: Readonly<Record<string, Wire | undefined>>;
}

/** What `pipeline()` takes. */
export interface PipelineOptions extends RunOptions {
  /** Name, for the record. */
  readonly name: string;
  /** Stages by name: a handle, or the handles of a stage with several outputs. Stages they read are found by themselves. */
  readonly stages: Readonly<Record<string, AnyHandle | Readonly<Record<string, AnyHandle>>>>;
  /**
   * Names for layers that several stages call: their parameters are kept below the layer's name, as
   * `"encoder.weight"`. A shared layer without a name has the path of the first stage that calls it.
   */
  readonly layers?: Readonly<Record<string, StageSignature>>;
}

/** A layer with a name of its own. */
export interface PipelineLayer {
  /** Unique in the pipeline, among stages as well. */
  readonly name: string;
  /** The layer, as its options made it; `undefined` where it is none. */
  readonly stage: Stage | undefined;
}

/** A declared pipeline. */
export interface Pipeline {
  /** Name, for the record. */
  readonly name: string;
  /** How it is run, as written. */
  readonly run: RunOptions;
  /** Stages, each after those it reads. In a cycle, the order of discovery. */
  readonly stages: readonly PipelineStage[];
  /** Layers with names of their own. */
  readonly layers: readonly PipelineLayer[];
  /** Entries of `stages` that are no handle. */
  readonly strangers: readonly string[];
}

/**
 * Declares a pipeline. Runs nothing and reads nothing.
 *
 * @throws {PipelineError} When there is no record of stages at all, which types rule out.
 *
 * @example
 * ```ts
 * import { arrays, backward, dense, meanSquaredError, pipeline, sgd } from "@millrace/millrace";
 *
 * const points = arrays({ x: [[0], [1], [2], [3]], y: [[1], [3], [5], [7]] });
 * const line = dense(1)(points.x);
 * const loss = meanSquaredError()({ predictions: line, targets: points.y });
 * const fit = sgd({ learningRate: 0.05 })(backward()(loss));
 * export default pipeline({
 *   name: "line", epochs: 100, batchSize: 4,
 *   stages: { points, line, loss, fit },
 * });
 * ```
 */
export function pipeline(options: PipelineOptions): Pipeline {
  requireStages(options);
  const { name, stages: entries, layers = {}, ...run } = options;
  const keys = new Map<StageCall, string>();
  const strangers: string[] = [];
  for (const [key, entry] of Object.entries(entries)) {
    const call = stageCallOf(entry);
    if (call === undefined) strangers.push(key);
    else if (!keys.has(call)) keys.set(call, key);
  }
  const ordered = orderCalls([...keys.keys()]);
  const names = nameCalls(ordered, keys);
  const stages = ordered.map((call) => ({
    name: names.get(call)!,
    call,
    inputs: Object.fromEntries(
      Object.entries(call.inputs).map(([port, handle]) => [
        port,
        isHandle(handle) ? { stage: names.get(handle.stage)!, port: handle.port } : undefined,
      ]),
    ),
  }));
  return {
    name,
    run,
    stages,
    layers: Object.entries(layers).map(([name, layer]) => ({ name, stage: stageOf(layer) })),
    strangers,
  };
}

function requireStages(options: Partial<PipelineOptions> | null | undefined): void {
  const stages: unknown = options?.stages;
  if (isRecord(stages)) return;
  throw pipelineError({
    code: "pipeline",
    path: "stages",
    message: "Cannot declare the pipeline",
    received: stages === undefined ? "nothing" : Array.isArray(stages) ? "an array" : typeof stages,
    expected: "its stages by name",
    hint: 'write pipeline({ name: "…", stages: { … } })',
  });
}

/** Calls, with all that they read, in an order in which what is read comes first. */
export function orderCalls(roots: readonly StageCall[]): StageCall[] {
  const ordered = new Set<StageCall>();
  const entered = new Set<StageCall>();
  const stack = roots.toReversed();
  while (stack.length > 0) {
    const call = stack.at(-1)!;
    if (entered.has(call)) {
      stack.pop();
      ordered.add(call);
      continue;
    }
    entered.add(call);
    const sources = Object.values(call.inputs).filter(isHandle).map((handle) => handle.stage);
    for (const source of sources.toReversed()) if (!entered.has(source)) stack.push(source);
  }
  return [...ordered];
}

/** Names of calls: the key, else the kind, numbered where it is taken. */
function nameCalls(
  calls: readonly StageCall[],
  keys: ReadonlyMap<StageCall, string>,
): Map<StageCall, string> {
  const taken = new Set(keys.values());
  const names = new Map(keys);
  for (const call of calls) {
    if (names.has(call)) continue;
    let name = call.definition.name;
    for (let number = 2; taken.has(name); number++) name = `${call.definition.name}${number}`;
    taken.add(name);
    names.set(call, name);
  }
  return names;
}

/** Names for children of one stage: the kind, numbered from 1 where a kind occurs more than once. */
export function nameChildren(kinds: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const kind of kinds) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  const seen = new Map<string, number>();
  return kinds.map((kind) => {
    if (counts.get(kind) === 1) return kind;
    const number = (seen.get(kind) ?? 0) + 1;
    seen.set(kind, number);
    return `${kind}${number}`;
  });
}

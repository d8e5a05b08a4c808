/**
 * Passes over data without updates: losses and metrics of a split, the fitting of transforms, and
 * predictions over a split or from records.
 *
 * @module
 */
import { type Issue, nearestName, PipelineError } from "../errors.ts";
import {
  allocateElements,
  type Elements,
  formatSpec,
  type HostTensor,
  sameSpec,
  sizeOf,
  type TensorSpec,
} from "../tensor/mod.ts";
import type { Split, TracedDefinition } from "../declare/mod.ts";
import { batchSpec, type CheckedPipeline, type DataInput, type Purpose } from "../check/mod.ts";
import type { Engine, Program } from "./engine.ts";
import { type Feed, openFeed } from "./feed.ts";
import { Pace } from "./pace.ts";
import { ScoreKeeper } from "./scores.ts";
import type { Records, RunEvent, Scores } from "./types.ts";

/** Computes losses and metrics over a split; `null` when there is no such split. */
export async function evaluateSplit(
  engine: Engine,
  { split, limit, signal }: {
    readonly split: Split;
    readonly limit?: number | undefined;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<{ readonly scores: Scores; readonly rows: number } | null> {
  const feed = await openEvaluation(engine, { split, limit });
  if (feed === null) return null;
  try {
    return { scores: await evaluateFeed(engine, feed, signal), rows: feed.rows };
  } finally {
    feed.close();
  }
}

/** Opens what losses and metrics need of a split; `null` when there is no such split. */
export async function openEvaluation(
  engine: Engine,
  { split, limit }: { readonly split: Split; readonly limit?: number | undefined },
): Promise<Feed | null> {
  const { evaluateBatchSize } = engine.checked.resolved.run;
  const { traced } = await engine.program("evaluate", evaluateBatchSize);
  return await openFeed(engine.checked, { inputs: traced.data, split, limit });
}

/** Computes losses and metrics over opened data; over a part of it when the signal stops it. */
export async function evaluateFeed(
  engine: Engine,
  feed: Feed,
  signal?: AbortSignal,
): Promise<Scores> {
  const { evaluateBatchSize } = engine.checked.resolved.run;
  const { traced } = await engine.program("evaluate", evaluateBatchSize);
  const keeper = new ScoreKeeper(traced);
  for await (const { program, rows } of batches(engine, feed, "evaluate")) {
    await keeper.add(engine, program, rows);
    if (signal?.aborted) break;
  }
  return keeper.scores();
}

/** A batch that a program has run over. */
interface RunBatch {
  readonly program: Program;
  /** Number of the batch's first row. */
  readonly start: number;
  readonly rows: number;
}

/**
 * Runs a purpose's program over all batches of a feed, in order. Data ports in `columns` are copied
 * there on the way.
 */
async function* batches(
  engine: Engine,
  feed: Feed,
  purpose: Purpose,
  columns: Readonly<Record<string, HostTensor>> = {},
): AsyncGenerator<RunBatch> {
  const { evaluateBatchSize } = engine.checked.resolved.run;
  const pace = new Pace();
  for (let start = 0; start < feed.rows; start += evaluateBatchSize) {
    await pace.turn();
    const count = Math.min(evaluateBatchSize, feed.rows - start);
    const program = await engine.program(purpose, count);
    const rows = Uint32Array.from({ length: count }, (_, i) => start + i);
    const own = Object.entries(columns).map(([name, tensor]) =>
      [name, rowsOf(tensor, start, count)] as const
    );
    await engine.run(program, {
      step: 0,
      async fill(windows) {
        await feed.fill({ rows, epoch: 0, step: 0 }, new Map([...own, ...windows]));
        for (const [name, column] of own) {
          const window = windows.get(name);
          if (window !== undefined) column.set(window);
        }
      },
    });
    yield { program, start, rows: count };
  }
}

/** The elements of some rows of a tensor, not copied. */
function rowsOf({ data, shape }: HostTensor, start: number, count: number): Elements {
  const width = sizeOf(shape.slice(1));
  return data.subarray(start * width, (start + count) * width);
}

/**
 * Fits every stage that fits itself to data, in order, over the training split. The signal leaves it
 * undone.
 *
 * @throws {PipelineError} When there is no training split, or a fit gives other values than declared.
 */
export async function fitStages(
  engine: Engine,
  { limit, signal, onEvent }: {
    readonly limit?: number | undefined;
    readonly signal?: AbortSignal | undefined;
    readonly onEvent?: ((event: RunEvent) => void) | undefined;
  },
): Promise<void> {
  for (const stage of engine.checked.resolved.stages) {
    const definition = stage.definition as TracedDefinition;
    if (definition.kind !== "traced" || definition.fit === undefined) continue;
    const started = performance.now();
    const purpose = { fit: stage.path };
    const { traced } = await engine.program(
      purpose,
      engine.checked.resolved.run.evaluateBatchSize,
    );
    const feed = await openFeed(engine.checked, { inputs: traced.data, split: "train", limit });
    if (feed === null) {
      throw new PipelineError([{
        code: "split",
        path: stage.path,
        message: "Cannot fit this stage: the loader has no training split",
      }]);
    }
    try {
      const found = await definition.fit({
        config: stage.config,
        batches: fitBatches(engine, feed, { purpose, signal }),
      });
      if (signal?.aborted) return;
      const tensors = Object.fromEntries(
        Object.entries(found).map(([name, tensor]) => [`${stage.path}.${name}`, tensor]),
      );
      requireFitted(engine, stage.path, tensors);
      await engine.load(tensors);
    } finally {
      feed.close();
    }
    onEvent?.({ kind: "fit", stage: stage.path, seconds: (performance.now() - started) / 1000 });
  }
}

/** Checks that a fit gave exactly the values that the stage declares with `context.fitted`. */
function requireFitted(
  engine: Engine,
  path: string,
  tensors: Readonly<Record<string, HostTensor>>,
): void {
  const declared = engine.layout.slots.filter((slot) =>
    slot.role === "fitted" && slot.path.startsWith(`${path}.`)
  );
  const names = declared.map((slot) => slot.path);
  const issues: Issue[] = declared.flatMap((slot) => {
    const tensor = tensors[slot.path];
    if (tensor !== undefined && sameSpec(tensor, slot.spec)) return [];
    return [{
      code: "fit",
      path: slot.path,
      message: "Cannot use what fit() gave",
      received: tensor === undefined ? "nothing" : formatSpec(tensor),
      expected: formatSpec(slot.spec),
    }];
  });
  for (const name of Object.keys(tensors)) {
    if (names.includes(name)) continue;
    const nearest = nearestName(name, names);
    issues.push({
      code: "fit",
      path: name,
      message: "Cannot use what fit() gave: build() asks for no such value",
      ...(nearest === undefined ? {} : { hint: `did you mean "${nearest}"?` }),
    });
  }
  if (issues.length > 0) throw new PipelineError(issues);
}

async function* fitBatches(
  engine: Engine,
  feed: Feed,
  { purpose, signal }: { readonly purpose: Purpose; readonly signal: AbortSignal | undefined },
): AsyncGenerator<Readonly<Record<string, HostTensor>>> {
  for await (const { program } of batches(engine, feed, purpose)) {
    if (signal?.aborted) return;
    const batch: Record<string, HostTensor> = {};
    for (const { name, spec } of program.plan.outputs) {
      batch[name] = { ...spec, data: await engine.read(program, name) };
    }
    yield batch;
  }
}

/** A stage's output for every row of a split. */
export interface SplitPrediction {
  /** `[rows, …]`, in the order of the split. */
  readonly values: HostTensor;
  /** Names of the classes or columns of the output's last axis, where they are known. */
  readonly names?: readonly string[];
  /** The data ports asked for, row by row beside the values. */
  readonly columns: Readonly<Record<string, HostTensor>>;
}

/**
 * Computes a stage's output over a split; `null` when there is no such split.
 *
 * @throws {PipelineError} When a column is no port of a loader or host stage.
 */
export async function predictSplit(
  engine: Engine,
  { output, columns: wanted = [], split, limit, signal }: {
    readonly output: string;
    /** Data ports, as `"digits.label"`, whose rows are given beside the output's. */
    readonly columns?: readonly string[] | undefined;
    readonly split: Split;
    readonly limit?: number | undefined;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<SplitPrediction | null> {
  const { evaluateBatchSize } = engine.checked.resolved.run;
  const purpose = { predict: output };
  const { traced } = await engine.program(purpose, evaluateBatchSize);
  const beside = wanted.map((name) => columnOf(engine.checked, name));
  const feed = await openFeed(engine.checked, {
    inputs: [...traced.data, ...beside],
    split,
    limit,
  });
  if (feed === null) return null;
  try {
    const columns = Object.fromEntries(
      beside.map(({ name, data }) => [name, emptyTensor(batchSpec(data, feed.rows))]),
    );
    let values: HostTensor | undefined;
    for await (const { program, start, rows } of batches(engine, feed, purpose, columns)) {
      signal?.throwIfAborted();
      values ??= emptyTensor(rowsSpec(program.plan.outputs[0]!.spec, feed.rows));
      rowsOf(values, start, rows).set(await engine.read(program, output));
    }
    return {
      values: values!,
      ...(traced.names === undefined ? {} : { names: traced.names }),
      columns,
    };
  } finally {
    feed.close();
  }
}

function emptyTensor(spec: TensorSpec): HostTensor {
  return { ...spec, data: allocateElements(spec.dtype, sizeOf(spec.shape)) };
}

/** The same for another number of rows. */
function rowsSpec({ dtype, shape }: TensorSpec, rows: number): TensorSpec {
  return { dtype, shape: [rows, ...shape.slice(1)] };
}

function columnOf({ ports }: CheckedPipeline, name: string): DataInput {
  const dot = name.lastIndexOf(".");
  const [stage, port] = [name.slice(0, dot), name.slice(dot + 1)];
  const data = ports.get(stage)?.[port];
  if (data !== undefined) return { name, stage, port, data };
  const known = [...ports].flatMap(([stage, columns]) =>
    Object.keys(columns).map((port) => `${stage}.${port}`)
  );
  const nearest = nearestName(name, known);
  throw new PipelineError([{
    code: "unknown",
    path: name,
    message: "Cannot give this column: it is no port of a loader or host stage",
    hint: nearest === undefined ? `columns: ${known.join(", ")}` : `did you mean "${nearest}"?`,
  }]);
}

/**
 * Computes a stage's output for records.
 *
 * @throws {PipelineError} When records are missing or have another shape or dtype.
 */
export async function predictRecords(
  engine: Engine,
  { output, records }: { readonly output: string; readonly records: Records },
): Promise<{ readonly values: HostTensor; readonly names?: readonly string[] }> {
  const { evaluateBatchSize } = engine.checked.resolved.run;
  const { traced } = await engine.program({ predict: output }, evaluateBatchSize);
  const rows = requireRecords(traced.data, records);
  let values: HostTensor | undefined;
  for (let start = 0; start < rows; start += evaluateBatchSize) {
    const count = Math.min(evaluateBatchSize, rows - start);
    const program = await engine.program({ predict: output }, count);
    await engine.run(program, {
      step: 0,
      fill: (windows) => {
        for (const { name } of traced.data) {
          windows.get(name)!.set(rowsOf(records[name]!, start, count));
        }
      },
    });
    values ??= emptyTensor(rowsSpec(program.plan.outputs[0]!.spec, rows));
    rowsOf(values, start, count).set(await engine.read(program, output));
  }
  return {
    values: values ?? { shape: [0], dtype: "f32", data: new Float32Array(0) },
    ...(traced.names === undefined ? {} : { names: traced.names }),
  };
}

/** Checks records against the data inputs of a program; gives their common number. */
function requireRecords(inputs: readonly DataInput[], records: Records): number {
  const issues: Issue[] = [];
  let rows: number | undefined;
  for (const { name, data } of inputs) {
    const tensor = records[name];
    const expected = { dtype: data.dtype, shape: ["rows", ...batchSpec(data, 1).shape.slice(1)] };
    if (tensor === undefined) {
      issues.push({
        code: "records",
        path: name,
        message: "Cannot predict: records for this port are missing",
        expected: formatSpec(expected),
      });
      continue;
    }
    const fits = tensor.dtype === data.dtype &&
      formatSpec({ ...tensor, shape: ["rows", ...tensor.shape.slice(1)] }) === formatSpec(expected);
    if (!fits) {
      issues.push({
        code: "records",
        path: name,
        message: "Cannot predict from these records",
        received: formatSpec(tensor),
        expected: formatSpec(expected),
      });
    }
    const length = ArrayBuffer.isView(tensor.data) ? tensor.data.length : undefined;
    if (length !== sizeOf(tensor.shape)) {
      issues.push({
        code: "records",
        path: name,
        message: "Cannot predict from these records",
        received: length === undefined
          ? "data that is no typed array"
          : `${length} elements for ${formatSpec(tensor)}`,
        expected: `${sizeOf(tensor.shape)} elements`,
        hint: "make them with hostTensor(data, { shape, dtype })",
      });
    }
    rows ??= tensor.shape[0] ?? 0;
    if (tensor.shape[0] !== rows) {
      issues.push({
        code: "records",
        path: name,
        message: "Cannot predict from ports with different numbers of records",
        received: `${tensor.shape[0]} records`,
        expected: `${rows} records`,
      });
    }
  }
  if (issues.length > 0) throw new PipelineError(issues);
  return rows ?? 0;
}

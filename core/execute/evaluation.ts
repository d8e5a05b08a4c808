/**
 * Passes over data without updates: losses and metrics of a split, the fitting of transforms, and
 * predictions from records.
 *
 * @module
 */
import { type Issue, PipelineError } from "../errors.ts";
import { allocateElements, formatSpec, type HostTensor, sizeOf } from "../tensor/mod.ts";
import type { Split, TracedDefinition } from "../declare/mod.ts";
import { batchSpec, type DataInput, type Purpose } from "../check/mod.ts";
import type { Engine, Program } from "./engine.ts";
import { type Feed, openFeed } from "./feed.ts";
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
  const { evaluateBatchSize } = engine.checked.resolved.run;
  const { traced } = await engine.program("evaluate", evaluateBatchSize);
  const feed = await openFeed(engine.checked, { inputs: traced.data, split, limit });
  if (feed === null) return null;
  try {
    const keeper = new ScoreKeeper(traced);
    for await (const { program, rows } of batches(engine, feed, "evaluate")) {
      await keeper.add(engine, program, rows);
      if (signal?.aborted) break;
    }
    return { scores: keeper.scores(), rows: feed.rows };
  } finally {
    feed.close();
  }
}

/** Runs a purpose's program over all batches of a feed, in order. */
async function* batches(
  engine: Engine,
  feed: Feed,
  purpose: Purpose,
): AsyncGenerator<{ readonly program: Program; readonly rows: number }> {
  const { evaluateBatchSize } = engine.checked.resolved.run;
  for (let start = 0; start < feed.rows; start += evaluateBatchSize) {
    const count = Math.min(evaluateBatchSize, feed.rows - start);
    const program = await engine.program(purpose, count);
    const rows = Uint32Array.from({ length: count }, (_, i) => start + i);
    await engine.run(program, {
      step: 0,
      fill: (windows) => feed.fill({ rows, epoch: 0, step: 0 }, windows),
    });
    yield { program, rows: count };
  }
}

/** Fits every stage that fits itself to data, in order, over the training split. */
export async function fitStages(
  engine: Engine,
  { limit, onEvent }: {
    readonly limit?: number | undefined;
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
        batches: fitBatches(engine, feed, purpose),
      });
      await engine.load(
        Object.fromEntries(
          Object.entries(found).map(([name, tensor]) => [`${stage.path}.${name}`, tensor]),
        ),
      );
    } finally {
      feed.close();
    }
    onEvent?.({ kind: "fit", stage: stage.path, seconds: (performance.now() - started) / 1000 });
  }
}

async function* fitBatches(
  engine: Engine,
  feed: Feed,
  purpose: Purpose,
): AsyncGenerator<Readonly<Record<string, HostTensor>>> {
  for await (const { program } of batches(engine, feed, purpose)) {
    const batch: Record<string, HostTensor> = {};
    for (const { name, spec } of program.plan.outputs) {
      batch[name] = { ...spec, data: await engine.read(program, name) };
    }
    yield batch;
  }
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
          const { data, shape } = records[name]!;
          const width = sizeOf(shape.slice(1));
          windows.get(name)!.set(data.subarray(start * width, (start + count) * width));
        }
      },
    });
    const { spec } = program.plan.outputs[0]!;
    const batch = await engine.read(program, output);
    const width = sizeOf(spec.shape.slice(1));
    if (values === undefined) {
      const shape = [rows, ...spec.shape.slice(1)];
      values = { shape, dtype: spec.dtype, data: allocateElements(spec.dtype, rows * width) };
    }
    values.data.set(batch, start * width);
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

/**
 * A stage's output over a split, or from records.
 *
 * @module
 */
import { type Issue, nearestName, PipelineError } from "../errors.ts";
import { formatAmount } from "../format.ts";
import {
  allocateElements,
  type Elements,
  formatSpec,
  type HostTensor,
  sizeOf,
  type TensorSpec,
} from "../tensor/mod.ts";
import type { RowSource, Split } from "../declare/mod.ts";
import { batchSpec, type CheckedPipeline, type DataInput } from "../check/mod.ts";
import type { Engine } from "./engine.ts";
import { feedOf, openFeed } from "./feed.ts";
import { hostSideOf } from "./open_rows.ts";
import { type PassOptions, passOver } from "./pass.ts";
import type { Records } from "./types.ts";

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
  const feed = await openFeed(engine, {
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
    const onGiven: PassOptions["onGiven"] = (given, { start, rows }) => {
      for (const [name, column] of Object.entries(columns)) {
        rowsOf(column, start, rows).set(given.get(name)!);
      }
    };
    for await (
      const { program, start, rows, read } of passOver(engine, feed, { purpose, onGiven })
    ) {
      signal?.throwIfAborted();
      values ??= emptyTensor(rowsSpec(program.plan.outputs[0]!.spec, feed.rows));
      rowsOf(values, start, rows).set(await read(output));
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

/** The elements of some rows of a tensor, not copied. */
function rowsOf({ data, shape }: HostTensor, start: number, count: number): Elements {
  const width = sizeOf(shape.slice(1));
  return data.subarray(start * width, (start + count) * width);
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
 * The data ports that records are given for: those of loaders, and of stages that read loaders, that
 * some data comes from, through host stages.
 */
export function recordInputs(
  checked: CheckedPipeline,
  data: readonly DataInput[],
): readonly DataInput[] {
  const { rows, hosts } = hostSideOf(checked, data);
  const paths = new Set(rows.map(({ path }) => path));
  const wires = [...data, ...hosts.flatMap(({ inputs }) => Object.values(inputs))];
  const inputs = wires.filter(({ stage }) => paths.has(stage)).map(({ stage, port }): DataInput => (
    { name: `${stage}.${port}`, stage, port, data: checked.ports.get(stage)![port]! }
  ));
  return [...new Map(inputs.map((input) => [input.name, input])).values()];
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
  const { checked, fitted } = engine;
  const { evaluateBatchSize } = checked.resolved.run;
  const purpose = { predict: output };
  const { traced } = await engine.program(purpose, evaluateBatchSize);
  const inputs = recordInputs(checked, traced.data);
  const rows = requireRecords(inputs, records);
  const feed = feedOf(checked, {
    rows,
    sources: recordSources(inputs, records),
    hosts: hostSideOf(checked, traced.data).hosts,
    inputs: traced.data,
    fitted,
    close: () => {},
  });
  let values: HostTensor | undefined;
  for await (const { program, start, rows: count, read } of passOver(engine, feed, { purpose })) {
    values ??= emptyTensor(rowsSpec(program.plan.outputs[0]!.spec, rows));
    rowsOf(values, start, count).set(await read(output));
  }
  return {
    values: values ?? { shape: [0], dtype: "f32", data: new Float32Array(0) },
    ...(traced.names === undefined ? {} : { names: traced.names }),
  };
}

/** Records in the place of what loaders read, by the loader's path. */
function recordSources(
  inputs: readonly DataInput[],
  records: Records,
): ReadonlyMap<string, RowSource> {
  const sources = new Map<string, RowSource>();
  for (const [path, ports] of Map.groupBy(inputs, ({ stage }) => stage)) {
    sources.set(path, {
      rows: records[ports[0]!.name]!.shape[0] ?? 0,
      read(rows, into) {
        const first = rows[0] ?? 0;
        for (const { name, port } of ports) {
          into[port]!.set(rowsOf(records[name]!, first, rows.length));
        }
      },
    });
  }
  return sources;
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
          : `${formatAmount(length, "element")} for ${formatSpec(tensor)}`,
        expected: formatAmount(sizeOf(tensor.shape), "element"),
        hint: "make them with hostTensor(data, { shape, dtype })",
      });
    }
    rows ??= tensor.shape[0] ?? 0;
    if (tensor.shape[0] !== rows) {
      issues.push({
        code: "records",
        path: name,
        message: "Cannot predict from ports with different numbers of records",
        received: formatAmount(tensor.shape[0] ?? 0, "record"),
        expected: formatAmount(rows, "record"),
      });
    }
  }
  if (issues.length > 0) throw new PipelineError(issues);
  return rows ?? 0;
}

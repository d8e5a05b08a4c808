/**
 * What can be done with a pipeline: train, evaluate, predict. Each checks it, opens a device, and
 * lets `core/execute` run what `core/compile.ts` makes.
 *
 * @module
 */
import { nearestName, PipelineError, pipelineError } from "./errors.ts";
import { formatAmount } from "./format.ts";
import type { DataPort, Pipeline, Split } from "./declare/mod.ts";
import {
  check,
  type CheckedPipeline,
  describeStages,
  type Overrides,
  type Purpose,
  traceFor,
} from "./check/mod.ts";
import type { Precision } from "./plan/mod.ts";
import { type Device, devices } from "./devices/mod.ts";
import {
  Engine,
  type EvaluateResult,
  evaluateSplit,
  type ExecuteOptions,
  type FileReader,
  fileReader,
  loadModel,
  predictRecords,
  type PredictResult,
  predictSplit as predictOver,
  recordInputs,
  type Records,
  requireModelFits,
  RowWorkers,
  runTraining,
  type SplitPrediction,
  type TrainedOptions,
  type TrainOptions,
  type TrainResult,
} from "./execute/mod.ts";
import { lower } from "./compile.ts";

/**
 * Trains a pipeline.
 *
 * @throws {PipelineError} When the pipeline, its data or its device do not allow it, or a value
 * becomes NaN or infinite.
 */
export async function train(pipeline: Pipeline, options: TrainOptions = {}): Promise<TrainResult> {
  const started = performance.now();
  const checked = check(pipeline, options.set);
  return await withEngine(checked, options, {
    training: true,
    clock: options.profile,
    precision: options.precision,
    run: (engine) => runTraining(engine, { ...options, started }),
  });
}

/**
 * Computes losses and metrics of a trained model over a split.
 *
 * @throws {PipelineError} When the model is of another pipeline, or there is no such split.
 */
export async function evaluate(
  pipeline: Pipeline,
  options: TrainedOptions & { readonly split?: Split },
): Promise<EvaluateResult> {
  const { split = "test", limit, signal } = options;
  const checked = check(pipeline, options.set);
  return await withTrained(checked, options, {
    purpose: "evaluate",
    run: async (engine) => {
      const started = performance.now();
      const evaluated = await evaluateSplit(engine, { split, limit, signal });
      if (evaluated === null) throw noSplit("evaluate", split);
      const seconds = (performance.now() - started) / 1000;
      return {
        pipeline: pipeline.name,
        device: engine.device.name,
        split,
        seconds,
        ...evaluated,
        ...engine.rows.invalid.result,
      };
    },
  });
}

/**
 * Computes a stage's output for records, with a trained model.
 *
 * @throws {PipelineError} When the model is of another pipeline, or records do not fit.
 */
export async function predict(
  pipeline: Pipeline,
  options: TrainedOptions & { readonly output?: string; readonly records: Records },
): Promise<PredictResult> {
  const checked = check(pipeline, options.set);
  const output = outputOf(checked, options.output);
  return await withTrained(checked, options, {
    purpose: { predict: output },
    run: async (engine) => {
      const predicted = await predictRecords(engine, { output, records: options.records });
      return {
        pipeline: pipeline.name,
        device: engine.device.name,
        output,
        rows: predicted.values.shape[0] ?? 0,
        ...predicted,
      };
    },
  });
}

/**
 * Computes a stage's output for every row of a split, with a trained model: predictions beside the
 * labels they are to be compared with, for one.
 *
 * @throws {PipelineError} When the model is of another pipeline, or there is no such split.
 */
export async function predictSplit(
  pipeline: Pipeline,
  options: TrainedOptions & {
    /** Stage to compute; what `predict` computes when absent. */
    readonly output?: string;
    readonly split?: Split;
    /** Data ports, as `"digits.label"`, whose rows are given beside the output's. */
    readonly columns?: readonly string[];
  },
): Promise<PredictResult & Pick<SplitPrediction, "columns">> {
  const { split = "test", columns, limit, signal } = options;
  const checked = check(pipeline, options.set);
  const output = outputOf(checked, options.output);
  return await withTrained(checked, options, {
    purpose: { predict: output },
    run: async (engine) => {
      const predicted = await predictOver(engine, { output, columns, split, limit, signal });
      if (predicted === null) throw noSplit("predict", split);
      return {
        pipeline: pipeline.name,
        device: engine.device.name,
        output,
        rows: predicted.values.shape[0] ?? 0,
        ...predicted,
      };
    },
  });
}

function noSplit(action: string, split: Split): PipelineError {
  return pipelineError({
    code: "split",
    path: "",
    message: `Cannot ${action}: the loader has no split "${split}"`,
  });
}

/**
 * The data ports, by `"stage.port"`, whose records a stage's output is computed from; and what reads them
 * from files that are a row each, as sounds and images are, where the pipeline's loader does.
 */
export function recordPorts(
  pipeline: Pipeline,
  { output, set }: { readonly output?: string; readonly set?: Overrides } = {},
): {
  readonly output: string;
  readonly ports: Readonly<Record<string, DataPort>>;
  readonly files: FileReader | undefined;
} {
  const checked = check(pipeline, set);
  const wanted = outputOf(checked, output);
  const { data } = traceFor(checked, { purpose: { predict: wanted }, batchSize: 1 });
  const inputs = recordInputs(checked, data);
  return {
    output: wanted,
    ports: Object.fromEntries(inputs.map((input) => [input.name, input.data])),
    files: fileReader(checked, inputs),
  };
}

/** The stage to predict: the one named, else the tensor that nothing but losses and metrics reads. */
function outputOf({ resolved }: CheckedPipeline, named: string | undefined): string {
  const tensors = resolved.stages.filter(({ definition }) =>
    definition.kind === "traced" && definition.output === "tensor"
  ).map((stage) => stage.path);
  if (named !== undefined) {
    if (tensors.includes(named)) return named;
    const nearest = nearestName(named, tensors);
    throw pipelineError({
      code: "output",
      path: named,
      message: `Cannot predict "${named}": no stage of that name gives a tensor`,
      expected: `one of ${tensors.join(", ")}`,
      ...(nearest === undefined ? {} : { hint: `did you mean "${nearest}"?` }),
    });
  }
  const scoring = ["loss", "metric"];
  const read = new Set(
    resolved.stages.filter((stage) => !scoring.includes(stage.definition.family))
      .flatMap((stage) => Object.values(stage.inputs).map((wire) => wire.stage)),
  );
  const ends = tensors.filter((path) => !read.has(path));
  const usual = ends.find((path) => path === "predictions" || path === "probabilities");
  if (usual !== undefined) return usual;
  if (ends.length === 1) return ends[0]!;
  throw pipelineError({
    code: "output",
    path: "",
    message: "Cannot tell which stage to predict",
    expected: `one of ${tensors.join(", ")}`,
    hint: "name it with --stage, or the option output",
  });
}

/** Opens an engine with a trained model in it that fits what a purpose needs. */
async function withTrained<T>(
  checked: CheckedPipeline,
  options: TrainedOptions,
  { purpose, run }: {
    readonly purpose: Purpose;
    readonly run: (engine: Engine) => Promise<T>;
  },
): Promise<T> {
  const model = typeof options.model === "string" ? await loadModel(options.model) : options.model;
  return await withEngine(checked, options, {
    training: false,
    run: async (engine) => {
      const stages = describeStages(checked.resolved, purpose);
      requireModelFits(model, engine.layout, { stages });
      engine.rows.invalid.listen((found) => options.onEvent?.({ kind: "invalid", ...found }));
      await engine.load(model.tensors);
      return await run(engine);
    },
  });
}

/** Opens an engine, and closes it whatever happens. */
async function withEngine<T>(
  checked: CheckedPipeline,
  options: ExecuteOptions,
  { training, clock, precision, run }: {
    readonly training: boolean;
    readonly clock?: boolean | undefined;
    readonly precision?: Precision | undefined;
    readonly run: (engine: Engine) => Promise<T>;
  },
): Promise<T> {
  const device = await chooseDevice(options);
  const threads = threadsOn(device, options);
  const tell = (text: string) => options.onEvent?.({ kind: "message", text });
  const workers = new RowWorkers({ count: options.workers, tell });
  const engine = await Engine.open(checked, {
    device,
    threads,
    lower,
    training,
    clock,
    precision,
    workers,
    tell,
  });
  try {
    return await run(engine);
  } finally {
    workers.close();
    await engine.close();
  }
}

/** Threads that a device runs on when no number is given: one for each processor, if it can. */
export function defaultThreads({ maximumThreads }: Device): number {
  return Math.min(navigator.hardwareConcurrency, maximumThreads);
}

/** Threads to run on: where the device was left to us, no more than it has. */
function threadsOn(
  device: Device,
  { device: wanted, threads = defaultThreads(device), onEvent }: ExecuteOptions,
): number {
  const { name, maximumThreads } = device;
  if (wanted !== "auto" || !(threads > maximumThreads)) return threads;
  const text = `Running on ${
    formatAmount(maximumThreads, "thread")
  }, all that device "${name}" has`;
  onEvent?.({ kind: "message", text });
  return maximumThreads;
}

/**
 * Finds a device by name; `"auto"` takes the first that can be used, no GPU that is software.
 *
 * @throws {PipelineError} When there is no such device, or it cannot be used here.
 */
export async function chooseDevice(
  { device: name = "wasm", onEvent }: Pick<ExecuteOptions, "device" | "onEvent">,
): Promise<Device> {
  const wanted = name === "auto" ? devices : devices.filter((device) => device.name === name);
  const reasons: string[] = [];
  for (const device of wanted) {
    const availability = await device.probe();
    if (name === "auto" && availability.available && availability.isSoftware === true) {
      reasons.push(`${device.name}: ${availability.description}: --device ${device.name} uses it`);
    } else if (availability.available) {
      if (name === "auto") {
        const passed = reasons.length === 0 ? "" : ` (${reasons.join("; ")})`;
        const text = `Using device "${device.name}": ${availability.description}${passed}`;
        onEvent?.({ kind: "message", text });
      }
      return device;
    } else {
      reasons.push(`${name === "auto" ? `${device.name}: ` : ""}${availability.reason}`);
    }
  }
  const names = ["auto", ...devices.map((device) => device.name)];
  const nearest = nearestName(name, names);
  throw new PipelineError([
    wanted.length > 0
      ? {
        code: "device",
        path: "",
        message: `Cannot use device "${name}": ${reasons.join("; ")}`,
        hint: "choose another with --device, or run doctor",
      }
      : {
        code: "device",
        path: "",
        message: `Cannot find device "${name}"`,
        hint: `${nearest === undefined ? "" : `did you mean "${nearest}"? `}Known: ${
          names.join(", ")
        }`,
      },
  ]);
}

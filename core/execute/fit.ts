/**
 * Fitting: every stage that learns something of the data by itself (a mean, a vocabulary) passes over
 * the training split once, before training.
 *
 * @module
 */
import { type Issue, nearestName, PipelineError } from "../errors.ts";
import { formatAmount, formatCount } from "../format.ts";
import { formatShape, formatSpec, type HostTensor, sameSpec } from "../tensor/mod.ts";
import type { HostDefinition, TracedDefinition, Wire } from "../declare/mod.ts";
import type { Purpose, ResolvedStage } from "../check/mod.ts";
import { BatchOrder } from "./batches.ts";
import type { Engine } from "./engine.ts";
import { type Feed, openFeed } from "./feed.ts";
import { inOrder } from "./order.ts";
import { passOver } from "./pass.ts";
import { runStageCode } from "./stage_code.ts";
import type { RunEvent } from "./types.ts";

/** What fitting is told. */
export interface FitOptions {
  readonly limit?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: ((event: RunEvent) => void) | undefined;
  /** Whether traced stages are fitted too, as they are unless it is `false`. */
  readonly traced?: boolean | undefined;
  /** Paths of variables that have their values already, as from a file: what they are of is not fitted. */
  readonly loaded?: ReadonlySet<string> | undefined;
}

/**
 * Fits every stage that fits itself to data, in order, over the training split. The signal leaves it
 * undone.
 *
 * @throws {PipelineError} When there is no training split, or a fit gives other values than declared.
 */
export async function fitStages(engine: Engine, options: FitOptions): Promise<void> {
  const fitted = new Set<string>();
  for (const stage of engine.checked.resolved.stages.flatMap(insideFirst)) {
    const { definition, path, owner } = stage;
    if (definition.kind !== "traced" && definition.kind !== "host") continue;
    if (definition.kind === "traced" && options.traced === false) continue;
    if (definition.fit === undefined || fitted.has(owner) || isLoaded(engine, owner, options)) {
      continue;
    }
    fitted.add(owner);
    const started = performance.now();
    let found: Found;
    try {
      found = definition.kind === "host"
        ? await fitHost(engine, stage, options)
        : await fitTraced(engine, stage, options);
    } catch (error) {
      // of rows that were not read to their end, it may say anything
      if (options.signal?.aborted) return;
      throw error;
    }
    if (options.signal?.aborted) return;
    const tensors = Object.fromEntries(
      Object.entries(found).map(([name, tensor]) => [`${owner}.${name}`, tensor]),
    );
    if (definition.kind === "traced") requireFitted(engine, owner, tensors);
    requireNumbers(stage, found);
    await engine.load(tensors);
    options.onEvent?.({ kind: "fit", stage: path, seconds: (performance.now() - started) / 1000 });
  }
}

/** A stage after the stages inside it. */
function insideFirst(stage: ResolvedStage): ResolvedStage[] {
  return [...Object.values(stage.children).flatMap(insideFirst), stage];
}

/** Whether all that a stage is fitted to has its values already. */
function isLoaded({ layout }: Engine, owner: string, { loaded }: FitOptions): boolean {
  if (loaded === undefined || loaded.size === 0) return false;
  const declared = layout.slots.filter(({ role, path }) =>
    role === "fitted" && path.startsWith(`${owner}.`)
  );
  // what a host stage is fitted with is on no device
  return declared.length > 0
    ? declared.every(({ path }) => loaded.has(path))
    : [...loaded].some((path) => path.startsWith(`${owner}.`));
}

/** What a fit found, by name. */
type Found = Readonly<Record<string, HostTensor>>;

async function fitTraced(
  engine: Engine,
  { path, definition, config }: ResolvedStage,
  { limit, signal }: FitOptions,
): Promise<Found> {
  const purpose = { fit: path };
  const { evaluateBatchSize } = engine.checked.resolved.run;
  const { traced } = await engine.program(purpose, evaluateBatchSize);
  const feed = await openFeed(engine, { inputs: traced.data, split: "train", limit });
  return await withFeed(feed, path, (feed) =>
    (definition as TracedDefinition).fit!({
      config,
      batches: fitBatches(engine, feed, { purpose, signal }),
    }));
}

/** A host stage is fitted before anything is computed: no program is needed. */
async function fitHost(
  engine: Engine,
  { path, definition, config, inputs }: ResolvedStage,
  { limit, signal }: FitOptions,
): Promise<Found> {
  const wires = Object.values(inputs);
  const feed = await openFeed(engine, { inputs: [], wires, split: "train", limit });
  return await withFeed(feed, path, (feed) =>
    (definition as HostDefinition).fit!({
      config,
      batches: hostBatches(engine, feed, { wires: inputs, signal }),
    }));
}

async function withFeed(
  feed: Feed | null,
  path: string,
  fit: (feed: Feed) => Promise<Found>,
): Promise<Found> {
  if (feed === null) {
    throw new PipelineError([{
      code: "split",
      path,
      message: "Cannot fit this stage: the loader has no training split",
    }]);
  }
  try {
    return await runStageCode({ path, doing: "fit" }, () => fit(feed));
  } finally {
    feed.close();
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

/** What is fitted to missing values would make every row one. */
function requireNumbers({ path }: ResolvedStage, found: Found): void {
  const issues = Object.entries(found).flatMap(([name, { shape, data }]): Issue[] => {
    let missing = 0;
    for (const value of data) if (Number.isNaN(value)) missing++;
    if (missing === 0) return [];
    return [{
      code: "fit",
      path,
      message: "Cannot fit this stage: the training rows have missing values",
      received: `${name} ${formatShape(shape)} with ${formatCount(missing)} of ${
        formatAmount(data.length, "number")
      } NaN`,
      hint: "fill in missing values with impute() before it, or leave such rows out",
    }];
  });
  if (issues.length > 0) throw new PipelineError(issues);
}

async function* fitBatches(
  engine: Engine,
  feed: Feed,
  { purpose, signal }: { readonly purpose: Purpose; readonly signal: AbortSignal | undefined },
): AsyncGenerator<Readonly<Record<string, HostTensor>>> {
  for await (const { program, read } of passOver(engine, feed, { purpose })) {
    if (signal?.aborted) return;
    const batch: Record<string, HostTensor> = {};
    for (const { name, spec } of program.plan.outputs) {
      // the stage may keep it
      batch[name] = { ...spec, data: (await read(name)).slice() };
    }
    yield batch;
  }
}

/** What flows into a host stage, batch by batch in the order of the data. */
async function* hostBatches(
  engine: Engine,
  feed: Feed,
  { wires, signal }: {
    readonly wires: Readonly<Record<string, Wire>>;
    readonly signal: AbortSignal | undefined;
  },
): AsyncGenerator<Readonly<Record<string, HostTensor>>> {
  const { evaluateBatchSize: batchSize } = engine.checked.resolved.run;
  const order = new BatchOrder(inOrder(feed.rows), { batchSize });
  for (let index = 0; index < order.count; index++) {
    if (signal?.aborted) return;
    const given = await feed.give(order.place(index), wires);
    yield Object.fromEntries(
      // the stage may keep it
      Object.entries(given).map((
        [port, tensor],
      ) => [port, { ...tensor, data: tensor.data.slice() }]),
    );
  }
}

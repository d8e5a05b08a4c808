/**
 * Finds out where a NaN or infinite value came from. Training is deterministic, so the epoch is
 * replayed from its beginning up to the first step that breaks a variable, and that step is run
 * once more with every value of the graph kept.
 *
 * @module
 */
import { type PipelineError, pipelineError } from "../errors.ts";
import { formatCount, listShort } from "../format.ts";
import { type Elements, type HostTensor, sameShape } from "../tensor/mod.ts";
import type { Graph } from "../graph/mod.ts";
import { plan } from "../plan/mod.ts";
import { allFinite, type Engine, type Program } from "./engine.ts";
import type { Feed } from "./feed.ts";
import type { BatchPlace } from "./fill.ts";

/** A step that is run again. */
interface ReplayedStep {
  /** Its batch. */
  readonly place: BatchPlace;
  /** What computed it. */
  readonly program: Program;
}

/** What led to the value. */
export interface Incident {
  readonly feed: Feed;
  /** Variables at the beginning of the replay. */
  readonly before: Readonly<Record<string, HostTensor>>;
  /** The steps of the replay; after the last, the loss or a variable was not finite. */
  readonly steps: readonly ReplayedStep[];
  /** Run directory with a good checkpoint, if any. */
  readonly saved: string | null;
}

/** The error that names stage, op, step and rows of the first value that is not finite. */
export async function diagnose(engine: Engine, incident: Incident): Promise<PipelineError> {
  const broken = await firstBrokenStep(engine, incident);
  const { place, program } = incident.steps[broken]!;
  const stopped = `Cannot go on after step ${place.step} (epoch ${place.epoch + 1})`;
  await incident.feed.fill(place, engine.inputs(program));
  const given = brokenInput(program, engine.inputs(program), place);
  if (given !== undefined) {
    return pipelineError({
      code: "nan",
      path: given.path,
      message: `${stopped}: the data is NaN or infinite in ${rowsText(given.rows)}` +
        columnsText(given.columns),
      hint: "fill in missing values with impute(), or leave such rows out" + savedText(incident),
    });
  }
  await replay(engine, incident, broken);
  const found = await firstBrokenValue(engine, incident, broken);
  const rows = found?.rows ?? [...place.rows];
  return pipelineError({
    code: "nan",
    path: found?.path ?? "",
    message: `${stopped}: ` +
      `${
        found === undefined
          ? "a value"
          : `the result of "${found.op}"${found.backward ? " in the backward pass" : ""}`
      } ` +
      `${
        found?.isLarge === true
          ? `exceeds the ${formatCount(mostHalf)} that 16 bits hold`
          : "is NaN or infinite"
      } ` +
      `for ${rowsText(rows)}` + columnsText(found?.columns ?? []),
    hint:
      `${
        found?.isLarge === true ? "train with precision full" : "lower the learning rate"
      }, scale the inputs, or look at ` +
      `${rows.length === 1 ? "this row" : "these rows"}${savedText(incident)}`,
  });
}

/** What of the data is not finite. */
type BrokenInput = Pick<BrokenValue, "path" | "columns"> & { readonly rows: readonly number[] };

/** The first input of a batch with a number that is not finite. */
function brokenInput(
  { traced }: Program,
  inputs: ReadonlyMap<string, Elements>,
  { rows }: BatchPlace,
): BrokenInput | undefined {
  for (const { name, data } of traced.data) {
    const values = inputs.get(name);
    if (values === undefined || values.every(Number.isFinite)) continue;
    const names = data.kind === "tensor" ? data.columns ?? [] : [];
    const width = values.length / rows.length;
    return {
      path: name,
      rows: badRows(values, rows.length, Number.isFinite).map((place) => rows[place]!),
      columns: names.length === width ? badColumns(names, values, Number.isFinite) : [],
    };
  }
}

/** Rows counted from 1, as those of files are. */
function rowsText(rows: readonly number[]): string {
  const shown = rows.slice(0, 8).map((row) => row + 1).join(", ") + (rows.length > 8 ? ", …" : "");
  return `row${rows.length === 1 ? "" : "s"} ${shown} of the training split`;
}

function savedText({ saved }: Incident): string {
  return saved === null
    ? ""
    : `; the last good checkpoint is in "${saved}", go on from it with resume`;
}

function columnsText(columns: readonly string[]): string {
  return columns.length === 0
    ? ""
    : ` in column${columns.length === 1 ? "" : "s"} ${
      listShort(columns.map((name) => JSON.stringify(name)))
    }`;
}

/** Runs steps of the replay from its beginning; gives after each whether to go on. */
async function replay(
  engine: Engine,
  { feed, before, steps }: Incident,
  count: number,
  after: () => Promise<boolean> = () => Promise.resolve(true),
): Promise<number> {
  await engine.load(before);
  for (let i = 0; i < count; i++) {
    const { place, program } = steps[i]!;
    await feed.fill(place, engine.inputs(program));
    await engine.run(program, place.step);
    if (!await after()) return i;
  }
  return count;
}

/** The first step after which a variable is not finite; the last when none is before it. */
async function firstBrokenStep(engine: Engine, incident: Incident): Promise<number> {
  const last = incident.steps.length - 1;
  return await replay(
    engine,
    incident,
    last,
    async () => allFinite(await engine.variables()),
  );
}

/** What the first value that is not finite is the result of. */
interface BrokenValue {
  readonly path: string;
  readonly op: string;
  readonly backward: boolean;
  readonly rows: readonly number[] | undefined;
  /** The columns that are not finite, where they have names. */
  readonly columns: readonly string[];
  /** Whether it is finite, but larger than what floats in 16 bits can be. */
  readonly isLarge: boolean;
}

/** The largest float of 16 bits. */
const mostHalf = 65504;

/** Runs a step with every float value kept, and looks for the first that is not finite. */
async function firstBrokenValue(
  engine: Engine,
  { feed, steps }: Incident,
  broken: number,
): Promise<BrokenValue | undefined> {
  const { place, program: trained } = steps[broken]!;
  const { rows } = place;
  const { traced, graph } = trained;
  // a constant may be infinite on purpose
  const nodes = graph.nodes.filter((node) =>
    node.output.spec.dtype === "f32" && node.inputs.length > 0
  );
  const isMixed = engine.precision === "mixed";
  let isLossFinite = false;
  if (isMixed) {
    // where 16 bits hold too little, it was behind the loss, or else before it; the step is skipped
    await feed.fill(place, engine.inputs(trained));
    await engine.run(trained, place.step);
    const losses = await Promise.all(traced.losses.map((name) => engine.read(trained, name)));
    isLossFinite = losses.every(([loss]) => Number.isFinite(loss));
  }
  const watched: Graph = {
    ...graph,
    outputs: nodes.map((node, i) => ({ name: String(i), value: node.output })),
    updates: [],
  };
  const target = { ...engine.device.target, fuses: false };
  const lowered = { traced, graph, plan: plan(watched, { target, variables: engine.layout }) };
  const executable = await engine.session.prepare(lowered.plan);
  const program = { ...lowered, executable };
  await feed.fill(place, engine.inputs(program));
  await engine.run(program, place.step);
  let large: BrokenValue | undefined;
  for (const [i, node] of nodes.entries()) {
    const values = await engine.read(program, String(i));
    const { path, op, backward, output: { spec: { shape } } } = node;
    const brokenBy = (isGood: (value: number) => boolean, isLarge: boolean): BrokenValue => {
      const places = shape[0] === rows.length ? badRows(values, rows.length, isGood) : undefined;
      const names = traced.flows.find((flow) =>
        flow.path === path && sameShape(flow.value.spec.shape, shape)
      )?.columns;
      return {
        path,
        op: op.name,
        backward,
        rows: places?.map((place) => rows[place]!),
        columns: badColumns(names ?? [], values, isGood),
        isLarge,
      };
    };
    if (!values.every(Number.isFinite)) return brokenBy(Number.isFinite, false);
    // what is one number is stored in 32 bits
    const mayBeLarge = isMixed && values.length > 1 && backward === isLossFinite;
    if (mayBeLarge && !values.every(isHalf)) {
      large ??= brokenBy(isHalf, true);
    }
  }
  return large;
}

function isHalf(value: number): boolean {
  return Math.abs(value) <= mostHalf;
}

function badColumns(
  names: readonly string[],
  values: Elements,
  isGood: (value: number) => boolean,
): string[] {
  return names.filter((_, column) => {
    for (let i = column; i < values.length; i += names.length) if (!isGood(values[i]!)) return true;
    return false;
  });
}

function badRows(
  values: Elements,
  rows: number,
  isGood: (value: number) => boolean,
): number[] {
  const width = values.length / rows;
  return Array.from({ length: rows }, (_, i) => i).filter((row) =>
    !values.subarray(row * width, (row + 1) * width).every(isGood)
  );
}

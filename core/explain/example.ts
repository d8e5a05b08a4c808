/**
 * The numbers of one step: rows of the training split and the initial variables, computed by the
 * float64 reference device with every value of the graph kept.
 *
 * @module
 */
import { pipelineError } from "../errors.ts";
import { sizeOf } from "../tensor/mod.ts";
import type { Graph, Value } from "../graph/mod.ts";
import type { CheckedPipeline, TracedGraph } from "../check/mod.ts";
import { plan } from "../plan/mod.ts";
import { reference } from "../devices/mod.ts";
import { Engine, type Feed, fitStages, openFeed } from "../execute/mod.ts";
import { lower } from "../compile.ts";

/** The most rows that are shown unasked, where they are the whole training split. */
const fewRows = 8;

/** The most numbers of a step that are computed: the reference device is slow. */
const mostNumbers = 2e7;

/** The elements of values; `undefined` for what the step does not compute. */
export type Elements = ReadonlyMap<Value, Float64Array>;

/** Examples, and the step that is taken with them. */
export interface Example {
  readonly rows: number;
  /** Number of rows of the training split. */
  readonly trainingRows: number;
  /** Computes values of a graph. */
  compute(graph: Graph, wanted: {
    readonly traced: TracedGraph;
    readonly values: readonly Value[];
  }): Promise<Elements>;
}

/**
 * Opens the training split and fills the variables, as training begins.
 *
 * @throws {PipelineError} When there is no training split, or it has fewer rows, or a step has too many
 * numbers.
 */
export async function withExample<T>(
  checked: CheckedPipeline,
  { rows, run }: {
    readonly rows: number | undefined;
    readonly run: (example: Example) => Promise<T>;
  },
): Promise<T> {
  const session = reference.open();
  const device = { ...reference, open: () => session };
  const engine = await Engine.open(checked, { device, lower, training: true });
  try {
    const { seed, batchSize } = checked.resolved.run;
    // a program must be there before variables: it makes the memory
    const { traced: { data } } = await engine.program("train", batchSize);
    await engine.initialize(seed);
    await fitStages(engine, {});
    const feed = await openFeed(engine, { inputs: data, split: "train" });
    if (feed === null) {
      throw pipelineError({
        code: "split",
        path: "",
        message: "Cannot compute numbers: the loader has no training split",
      });
    }
    try {
      const chosen = chooseRows(feed, { rows, batchSize });
      return await run({
        rows: chosen,
        trainingRows: feed.rows,
        compute: (graph, wanted) => compute(graph, { ...wanted, engine, session, feed }),
      });
    } finally {
      feed.close();
    }
  } finally {
    await engine.close();
  }
}

function chooseRows(
  feed: Feed,
  { rows, batchSize }: { readonly rows: number | undefined; readonly batchSize: number },
): number {
  if (rows === undefined) return feed.rows <= Math.min(fewRows, batchSize) ? feed.rows : 1;
  if (rows <= feed.rows) return rows;
  throw pipelineError({
    code: "rows",
    path: "",
    message: "Cannot take this many examples of the training split",
    received: `${rows}`,
    expected: `at most ${feed.rows}`,
  });
}

async function compute(
  graph: Graph,
  { traced, values, engine, session, feed }: {
    readonly traced: TracedGraph;
    readonly values: readonly Value[];
    readonly engine: Engine;
    readonly session: ReturnType<typeof reference.open>;
    readonly feed: Feed;
  },
): Promise<Elements> {
  const count = graph.nodes.reduce((sum, { output }) => sum + sizeOf(output.spec.shape), 0);
  if (count > mostNumbers) {
    throw pipelineError({
      code: "size",
      path: "",
      message: "Cannot compute the numbers of this step: it has too many",
      received: `${count}`,
      expected: `at most ${mostNumbers}`,
      hint: "take fewer rows, a smaller network, or no numbers",
    });
  }
  const computed = [...new Set(values)].filter(({ source }) => source.kind === "node");
  const watched: Graph = {
    ...graph,
    outputs: computed.map((value, i) => ({ name: String(i), value })),
    updates: [],
  };
  const planned = plan(watched, { target: reference.target, variables: engine.layout });
  const executable = await engine.session.prepare(planned);
  const elements = new Map<Value, Float64Array>();
  const program = { traced, graph: watched, plan: planned, executable };
  const rows = Uint32Array.from({ length: traced.batchSize }, (_, i) => i);
  await feed.fill({ rows, epoch: 0, step: 1 }, engine.inputs(program));
  await engine.run(program, 1);
  for (const { name, value } of graph.inputs) {
    const port = planned.inputs.find((port) => port.name === name);
    if (port === undefined) continue;
    elements.set(value, Float64Array.from(session.input(planned.buffers[port.buffer]!)));
  }
  for (const [i, value] of computed.entries()) {
    const port = planned.outputs.find(({ name }) => name === String(i))!;
    elements.set(value, session.readExact(planned.buffers[port.buffer]!));
  }
  const variables = await engine.variables();
  for (const { path, value, role, initialize } of graph.variables) {
    const data = role === "constant" ? initialize!(0) : variables[path]?.data;
    if (data !== undefined) elements.set(value, Float64Array.from(data));
  }
  return elements;
}

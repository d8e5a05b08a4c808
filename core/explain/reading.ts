/**
 * A graph made ready to be read: differentiated, with the names of its values and, where they are
 * wanted, their numbers.
 *
 * @module
 */
import type { Graph, Node, Value } from "../graph/mod.ts";
import {
  type CheckedPipeline,
  type Purpose,
  type ResolvedStage,
  type StageFlow,
  type TracedGraph,
  traceFor,
} from "../check/mod.ts";
import { type Cotangent, reverse } from "../differentiate/mod.ts";
import type { Elements, Example } from "./example.ts";
import { nameValues } from "./names.ts";
import { Notation } from "./notation.ts";

/** A graph made ready to be read. */
export interface Reading {
  readonly checked: CheckedPipeline;
  readonly traced: TracedGraph;
  readonly graph: Graph;
  /** What flows out of stages, as values of the graph. */
  readonly flows: readonly StageFlow[];
  /** In the order of the walk, those of one loss after the other. */
  readonly cotangents: readonly Cotangent[];
  readonly notation: Notation;
  /** Empty where no numbers are wanted. */
  readonly elements: Elements;
}

/** Reads a pipeline for a purpose. */
export async function readPipeline(
  checked: CheckedPipeline,
  { purpose, rows, example }: {
    readonly purpose: Purpose;
    readonly rows: number;
    readonly example: Example | undefined;
  },
): Promise<Reading> {
  const traced = traceFor(checked, { purpose, batchSize: rows });
  const { graph, cotangents: walked, valueOf } = reverse(traced.graph);
  const given = valuesOf(traced.graph);
  const kept = valuesOf(graph);
  const flows = traced.flows.filter(({ value }) => given.has(value))
    .map((flow) => ({
      ...flow,
      value: valueOf(flow.value),
      inputs: Object.fromEntries(
        Object.entries(flow.inputs).filter(([, value]) => given.has(value))
          .map(([name, value]) => [name, valueOf(value)]),
      ),
    }));
  const cotangents = inOrder(walked.filter(({ value }) => kept.has(value)));
  const optimizers = checked.resolved.stages
    .filter(isOptimizer).map(({ path }) => path);
  const isForward = (node: Node) =>
    !node.backward && !optimizers.some((path) => isWithin(node.path, path));
  const notation = new Notation(nameValues(graph, { flows, cotangents, isForward }));
  const wanted = [
    ...notation.names.keys(),
    ...cotangents.map(({ value }) => value),
    ...flows.map(({ value }) => value),
    ...[...graph.outputs, ...graph.updates].map(({ value }) => value),
  ].filter((value) => kept.has(value));
  const elements = await example?.compute(graph, { traced, values: wanted }) ?? new Map();
  return { checked, traced, graph, flows, cotangents, notation, elements };
}

/** Tells whether a stage updates parameters. */
export function isOptimizer({ definition }: ResolvedStage): boolean {
  return definition.kind === "traced" && definition.output === "update";
}

/** Tells whether a path is that of a stage, or of one inside it. */
export function isWithin(path: string, stage: string): boolean {
  return path === stage || path.startsWith(`${stage}.`);
}

function valuesOf({ inputs, variables, nodes }: Graph): ReadonlySet<Value> {
  return new Set([
    ...[...inputs, ...variables].map(({ value }) => value),
    ...nodes.map(({ output }) => output),
  ]);
}

/** A gradient is complete when the last part is added, which makes the value with the highest number. */
function inOrder(cotangents: readonly Cotangent[]): Cotangent[] {
  const losses = [...new Set(cotangents.map(({ loss }) => loss))];
  return losses.flatMap((loss) => {
    const own = cotangents.filter((cotangent) => cotangent.loss === loss);
    const place = ({ of, value }: Cotangent) => of === loss ? -1 : value.id;
    return own.toSorted((a, b) => place(a) - place(b));
  });
}

/**
 * A pipeline's layers at a glance, as Keras's `model.summary()`: shapes, parameters, which of them
 * learn, and operations.
 *
 * @module
 */
import { formatCount, formatQuantity, listShort } from "../format.ts";
import { formatTable } from "../table.ts";
import { formatShape, sizeOf } from "../tensor/mod.ts";
import type { Node, Variable } from "../graph/mod.ts";
import type { Pipeline } from "../declare/mod.ts";
import { check, type CheckedPipeline, traceFor } from "./check.ts";
import type { Overrides } from "./overrides.ts";
import type { ResolvedStage } from "./resolve.ts";
import type { TracedGraph } from "./traced_graph.ts";

/** A layer or transform of a pipeline. */
export interface LayerSummary {
  /** Path of the stage, as `"logits.dense1"`. */
  readonly path: string;
  /** Kind of stage, as `"dense"`. */
  readonly kind: string;
  /** Shape of its result, the batch axis by its name. */
  readonly shape: readonly (number | string)[];
  /** Elements of the parameters that it keeps, with those of the layers inside; 0 where they are another's. */
  readonly parameters: number;
  /** Those of them that training changes. */
  readonly trainable: number;
  /** Whether it is frozen. */
  readonly frozen: boolean;
  /** Path of the layer whose parameters it has, where that is not its own. */
  readonly layer?: string;
  /** Names of the columns of its result, where it has made them. */
  readonly columns?: readonly string[];
  /** Operations for one row when predicting: two for each product of a sum, one for each other element. */
  readonly flops: number;
  /** The layers inside. */
  readonly children: readonly LayerSummary[];
}

/** The layers of a pipeline. */
export interface PipelineSummary {
  /** Name of the pipeline. */
  readonly pipeline: string;
  /** Its layers and transforms, in their order. */
  readonly layers: readonly LayerSummary[];
  /** Elements of all parameters. */
  readonly parameters: number;
  /** Those of them that training changes. */
  readonly trainable: number;
  /** Elements of what is kept besides: gathered statistics, and what transforms are fitted to. */
  readonly state: number;
  /** Operations for one row when predicting, all layers together. */
  readonly flops: number;
}

/**
 * Sums up the layers of a pipeline. Reads no data.
 *
 * @param options.set Configuration by path.
 * @throws {PipelineError} With every issue that the check finds.
 *
 * @example
 * ```ts
 * import { arrays, dense, pipeline, sequential, summarize } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const points = arrays({ x: [[0, 1, 2]] });
 * const scores = sequential(dense(4), dense(2))(points.x);
 * const { parameters, trainable, layers } = summarize(pipeline({ name: "small", stages: { scores } }));
 * assertEquals([parameters, trainable], [26, 0]); // no optimizer: nothing learns
 * assertEquals(layers[0]!.shape, ["batch", 2]);
 * ```
 */
export function summarize(
  pipeline: Pipeline,
  { set = {} }: { readonly set?: Overrides } = {},
): PipelineSummary {
  const checked = check(pipeline, set);
  const { batchSize } = checked.resolved.run;
  const { graph: { updates } } = traceFor(checked, { purpose: "train", batchSize });
  const learning = new Set(updates.map(({ variable }) => variable.path));
  const counted = new Set<string>();
  const layers = checked.resolved.stages.flatMap((stage) => {
    const { definition, path } = stage;
    if (definition.kind !== "traced" || definition.output !== "tensor") return [];
    const traced = traceFor(checked, { purpose: { predict: path }, batchSize });
    return [summaryOf(stage, { checked, traced, learning, counted })];
  });
  const kept = checked.variables.filter(({ role }) => role === "parameter");
  return {
    pipeline: checked.resolved.name,
    layers,
    parameters: elementsOf(kept),
    trainable: elementsOf(kept.filter(({ path }) => learning.has(path))),
    state: elementsOf(
      checked.variables.filter(({ role, of }) =>
        role === "fitted" || role === "state" && of === undefined
      ),
    ),
    flops: layers.reduce((sum, { flops }) => sum + flops, 0),
  };
}

function summaryOf(
  stage: ResolvedStage,
  facts: {
    readonly checked: CheckedPipeline;
    readonly traced: TracedGraph;
    /** Paths of the variables that training changes. */
    readonly learning: ReadonlySet<string>;
    /** Paths of those that a layer before has counted. */
    readonly counted: Set<string>;
  },
): LayerSummary {
  const { path, owner, definition, frozen } = stage;
  const { checked, traced, learning, counted } = facts;
  const own = checked.variables.filter((variable) =>
    variable.role === "parameter" && isWithin(variable.path, owner) && !counted.has(variable.path)
  );
  const children = Object.values(stage.children).map((child) => summaryOf(child, facts));
  for (const { path } of own) counted.add(path);
  const { batchSize } = traced;
  const { value, columns, namesColumns } = traced.flows.find((flow) => flow.path === path) ?? {};
  const [first, ...rest] = value?.spec.shape ?? [];
  const flops = traced.graph.nodes.filter((node) => isWithin(node.path, path))
    .reduce((sum, node) => sum + flopsOf(node), 0);
  return {
    path,
    kind: definition.name,
    shape: first === batchSize ? ["batch", ...rest] : value?.spec.shape ?? [],
    ...(namesColumns === true ? { columns: columns! } : {}),
    parameters: elementsOf(own),
    trainable: elementsOf(own.filter(({ path }) => learning.has(path))),
    frozen,
    ...(owner === path ? {} : { layer: owner }),
    flops: flops / batchSize,
    children,
  };
}

/** Operations of an op: what its kind says. Moving elements takes none. */
function flopsOf({ op, inputs, params, output }: Node): number {
  switch (op.kind) {
    case "contraction":
      return op.flops(inputs.map(({ spec }) => spec), params);
    case "reduction":
      return sizeOf(inputs[0]!.spec.shape);
    case "elementwise":
      return inputs.length === 0 ? 0 : sizeOf(output.spec.shape);
    default:
      return 0;
  }
}

function elementsOf(variables: readonly Variable[]): number {
  return variables.reduce((sum, { spec }) => sum + sizeOf(spec.shape), 0);
}

function isWithin(path: string, start: string): boolean {
  return path === start || path.startsWith(`${start}.`);
}

/** Renders a summary as a table, a layer a line, those inside below, and the totals. */
export function printSummary(summary: PipelineSummary): string {
  const rows = summary.layers.flatMap((layer) => rowsOf(layer, ""));
  const header = ["layer", "kind", "output", "parameters", "FLOP a row", ""];
  const { pipeline, parameters, trainable, state, flops } = summary;
  return `pipeline ${pipeline}\n` +
    formatTable([header, ...rows], { right: [3, 4], indent: "  " }) +
    formatTable([
      ["parameters", formatCount(parameters)],
      ["learning", formatCount(trainable)],
      ["not learning", formatCount(parameters - trainable)],
      ...(state === 0 ? [] : [["state and fitted values", formatCount(state)]]),
      ["FLOP a row, predicting", formatQuantity(flops)],
    ], { right: [1] });
}

function rowsOf(layer: LayerSummary, indent: string): string[][] {
  const {
    path,
    kind,
    shape,
    parameters,
    trainable,
    frozen,
    layer: other,
    flops,
    columns,
    children,
  } = layer;
  const notes = [
    ...(frozen ? ["frozen"] : parameters > trainable ? ["not all learning"] : []),
    ...(other === undefined ? [] : [`parameters of ${other}`]),
    ...(columns === undefined ? [] : [`columns ${listShort(columns)}`]),
  ];
  return [
    [
      indent + path.split(".").at(-1)!,
      kind,
      formatShape(shape),
      formatCount(parameters),
      formatQuantity(flops),
      notes.join(", "),
    ],
    ...children.flatMap((child) => rowsOf(child, `${indent}  `)),
  ];
}

/**
 * The Pipeline form for people: as text, and as a Mermaid flowchart.
 *
 * @module
 */
import type { Pipeline, PipelineStage, Wire } from "./pipeline.ts";
import { allPorts } from "./define_stage.ts";
import { validate } from "./schema.ts";
import type { Family } from "./definition.ts";
import type { Stage } from "./stage.ts";

/** What flows out of ports, as text by `"stage.port"`: `{ "digits.image": "u8[batch, 28, 28]" }`. */
export type PortTexts = Readonly<Record<string, string>>;

/** What a printer may be told beyond the pipeline. */
export interface PrintOptions {
  /** What flows out of ports; printed where known. */
  readonly ports?: PortTexts;
}

/**
 * Renders a pipeline, a stage a line: name, kind with options, what it reads and what it gives.
 *
 * @example
 * ```ts
 * import { arrays, dense, pipeline, printPipeline } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const points = arrays({ x: [[0], [1]] });
 * const line = dense(1)(points.x);
 * assertEquals(
 *   printPipeline(pipeline({ name: "small", stages: { points, line } })),
 *   "pipeline small\n  points  arrays\n  line    dense(units: 1)  points.x\n",
 * );
 * ```
 */
export function printPipeline(pipeline: Pipeline, { ports = {} }: PrintOptions = {}): string {
  const run = optionsText(pipeline.run);
  const rows = pipeline.stages.flatMap((stage) => [
    [stage.name, kindText(stage.call), flowText(stage, ports)],
    ...childRows(stage.call, "  "),
  ]);
  const width = (column: number) => Math.max(0, ...rows.map((row) => row[column]!.length));
  const widths = [width(0), width(1)];
  const lines = rows.map((row) =>
    row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ").trimEnd()
  );
  return `pipeline ${pipeline.name}${run === "" ? "" : `(${run})`}\n` +
    lines.map((line) => `  ${line}\n`).join("");
}

function childRows(stage: Stage, indent: string): string[][] {
  return Object.entries(childrenOf(stage)).flatMap(([name, child]) => [
    [`${indent}${name}`, kindText(child), ""],
    ...childRows(child, `${indent}  `),
  ]);
}

function childrenOf(stage: Stage): Readonly<Record<string, Stage>> {
  const { definition, options } = stage;
  if (definition.kind !== "traced" || definition.children === undefined) return {};
  const validated = validate(definition.config, options ?? {}, "");
  return validated.ok ? definition.children(validated.config) : {};
}

/** Kind and options: `dense(units: 128, activation: "relu")`; what has children tells by them. */
function kindText(stage: Stage): string {
  const inner = Object.keys(childrenOf(stage)).length > 0;
  const options = inner ? "" : optionsText(stage.options);
  return `${stage.definition.name}${options === "" ? "" : `(${options})`}`;
}

/** What a stage reads and gives: `digits.image -> f32[batch, 28, 28]`. */
function flowText(stage: PipelineStage, ports: PortTexts): string {
  const given = givesText(stage, ports);
  return [readsText(stage), ...(given === "" ? [] : [`-> ${given}`])].join(" ").trimStart();
}

function readsText({ inputs }: PipelineStage): string {
  const wires = Object.entries(inputs);
  return wires.map(([port, wire]) => {
    const source = wire === undefined ? "nothing" : `${wire.stage}${portSuffix(wire.port)}`;
    return wires.length === 1 || source === port ? source : `${port}: ${source}`;
  }).join(", ");
}

function givesText({ name }: PipelineStage, ports: PortTexts): string {
  const own = Object.entries(ports).filter(([path]) => stageOfPort(path) === name);
  return own.map(([path, text]) => {
    const port = path.slice(name.length + 1);
    return port === "output" ? text : `${port}: ${text}`;
  }).join(", ");
}

function stageOfPort(path: string): string {
  return path.slice(0, path.lastIndexOf("."));
}

/** The options that are numbers, strings or flags; others by their name, or not at all. */
function optionsText(options: unknown): string {
  if (typeof options !== "object" || options === null) return "";
  return Object.entries(options).flatMap(([name, value]) => {
    const text = optionText(value);
    return text === undefined ? [] : [`${name}: ${text}`];
  }).join(", ");
}

function optionText(value: unknown): string | undefined {
  if (typeof value === "number") return String(Number(value.toPrecision(6)));
  if (typeof value === "boolean") return String(value);
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value !== "object" || value === null || !("name" in value)) return undefined;
  return typeof value.name === "string" ? value.name : undefined;
}

/** Fill and line of each family's nodes. */
const colors: Readonly<Record<Family, readonly [fill: string, line: string]>> = {
  loader: ["#e3f1fb", "#3178a8"],
  transform: ["#e6f5ec", "#3d8a5f"],
  layer: ["#fdf3dc", "#b3872a"],
  loss: ["#fbe5e3", "#b5483f"],
  backward: ["#f3e8f8", "#8450a0"],
  optimizer: ["#ebe8f8", "#5a4fa8"],
  metric: ["#eef0f2", "#66707a"],
};

/** Words that Mermaid does not take as the name of a node. */
const reserved = new Set(["end", "graph", "flowchart", "subgraph", "class", "style", "click"]);

/**
 * Renders a pipeline as a Mermaid flowchart: a node per stage, its family as class, and on the edges
 * the ports with what flows there.
 */
export function mermaid(pipeline: Pipeline, { ports = {} }: PrintOptions = {}): string {
  const ids = new Map(
    pipeline.stages.map(({ name }, i) => [
      name,
      /^[A-Za-z_]\w*$/.test(name) && !reserved.has(name.toLowerCase()) ? name : `stage${i}`,
    ]),
  );
  const nodes = pipeline.stages.map(({ name, call }) =>
    `  ${ids.get(name)}["${nodeLabel(name, call)}"]:::${call.definition.family}\n`
  );
  const edges = pipeline.stages.flatMap((stage) =>
    Object.entries(stage.inputs).flatMap(([port, wire]) => {
      if (wire === undefined) return [];
      const label = edgeLabel(stage, { port, wire, flow: ports[`${wire.stage}.${wire.port}`] });
      const arrow = label === "" ? "-->" : `-->|"${escape(label)}"|`;
      return [`  ${ids.get(wire.stage)} ${arrow} ${ids.get(stage.name)}\n`];
    })
  );
  const families = [...new Set(pipeline.stages.map(({ call }) => call.definition.family))];
  const classes = families.map((family) => {
    const [fill, line] = colors[family];
    return `  classDef ${family} fill:${fill},stroke:${line},color:#1c2126\n`;
  });
  return `flowchart TD\n${[...nodes, ...edges, ...classes].join("")}`;
}

function nodeLabel(name: string, stage: Stage): string {
  const kind = stage.definition.name;
  const inner = Object.keys(childrenOf(stage)).join(", ");
  return [name, ...(kind === name ? [] : [kind]), ...(inner === "" ? [] : [inner])]
    .map(escape).join("<br/>");
}

/** `image: u8[batch, 28, 28]`, and, where several come in, `to targets` unless that is clear. */
function edgeLabel(
  stage: PipelineStage,
  { port, wire, flow }: {
    readonly port: string;
    readonly wire: Wire;
    readonly flow: string | undefined;
  },
): string {
  const from = hasPlainPort(wire.port) ? [] : [wire.port];
  const label = [...from, ...(flow === undefined ? [] : [flow])].join(": ");
  const clear = Object.keys(stage.inputs).length === 1 || [wire.stage, wire.port].includes(port);
  return clear ? label : `${label} to ${port}`.trimStart();
}

function portSuffix(port: string): string {
  return hasPlainPort(port) ? "" : `.${port}`;
}

/** Whether a wire says enough without its port: the one output of a stage, or all of them. */
function hasPlainPort(port: string): boolean {
  return port === "output" || port === allPorts;
}

function escape(text: string): string {
  return text.replaceAll("&", "#amp;").replaceAll('"', "#quot;").replaceAll("<", "#lt;")
    .replaceAll(">", "#gt;");
}

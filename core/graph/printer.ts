/**
 * Graphs as text: what a person reads to see which ops a pipeline became.
 *
 * @module
 */
import { formatSpec } from "../tensor/mod.ts";
import type { Graph, Node, Value } from "./types.ts";

/**
 * Prints a graph: a line for each input, variable, node, output and update. Nodes are numbered in
 * order; constants stand where they are used. Each line of a node ends with the stage it was made in.
 */
export function printGraph(graph: Graph): string {
  const names = nameValues(graph);
  const name = (value: Value) => names.get(value) ?? "?";
  const lines = [
    ...graph.inputs.map((input) => [`input ${input.name} : ${formatSpec(input.value.spec)}`, ""]),
    ...graph.variables.map(({ path, spec, role, of }) => [
      `${role} ${path} : ${formatSpec(spec)}`,
      of === undefined ? "" : `of ${of}`,
    ]),
    ...graph.nodes.filter((node) => constantOf(node) === undefined).map((node) => [
      `${name(node.output)} = ${printCall(node, name)} : ${formatSpec(node.output.spec)}`,
      [node.path, node.backward ? "(backward)" : ""].filter((part) => part !== "").join(" "),
    ]),
    ...graph.outputs.map(({ name: port, value }) => [`output ${port} = ${name(value)}`, ""]),
    ...graph.updates.map(({ variable, value }) => [`update ${variable.path} = ${name(value)}`, ""]),
  ] as [string, string][];
  const width = Math.min(60, Math.max(0, ...lines.map(([text]) => text.length)));
  return [
    `graph "${graph.name}"`,
    ...lines.map(([text, note]) =>
      note === "" ? `  ${text}` : `  ${text.padEnd(width)}   # ${note}`
    ),
  ].join("\n");
}

function nameValues(graph: Graph): ReadonlyMap<Value, string> {
  const names = new Map<Value, string>();
  for (const { name, value } of graph.inputs) names.set(value, name);
  for (const { path, value } of graph.variables) names.set(value, path);
  let number = 0;
  for (const node of graph.nodes) {
    const constant = constantOf(node);
    names.set(node.output, constant === undefined ? `%${number++}` : String(constant));
  }
  return names;
}

/** The number that every element of a node's output is, if its formula says so. */
function constantOf({ op, inputs, params }: Node): number | undefined {
  if (op.kind !== "elementwise" || inputs.length > 0) return undefined;
  const expression = op.formula([], params);
  return expression.kind === "constant" ? expression.value : undefined;
}

/** `reduceSum(%3, axes=[1])` */
function printCall({ op, inputs, params }: Node, name: (value: Value) => string): string {
  const options = Object.entries(params ?? {})
    .filter(([, option]) => option !== false)
    .map(([key, option]) => `${key}=${printOption(option)}`);
  return `${op.name}(${[...inputs.map(name), ...options].join(", ")})`;
}

function printOption(option: unknown): string {
  if (Array.isArray(option)) return `[${option.map(printOption).join(", ")}]`;
  return typeof option === "object" ? JSON.stringify(option) : String(option);
}

/**
 * Checks a graph on its own: nodes come after what they read, specs are what the ops say, names are
 * unique. A violation is a fault of the phase that made the graph.
 *
 * @module
 */
import { formatSpec, sameSpec } from "../tensor/mod.ts";
import type { Graph, Node, Value } from "./types.ts";

/**
 * Verifies a graph.
 *
 * @throws {RangeError} With every violation found.
 */
export function verifyGraph(graph: Graph): void {
  const known = new Set<Value>();
  for (const { value } of [...graph.inputs, ...graph.variables]) known.add(value);
  const found = [
    ...nameViolations(graph),
    ...graph.nodes.flatMap((node, i) => {
      const violations = nodeViolations(node, known).map((text) =>
        `node ${i} (${node.op.name}) ${text}`
      );
      known.add(node.output);
      return violations;
    }),
    ...endViolations(graph, known),
    ...builderViolations(known),
  ];
  if (found.length > 0) {
    throw new RangeError(`Cannot use graph "${graph.name}":\n${found.join("\n")}`);
  }
}

function nameViolations({ inputs, variables, outputs, updates }: Graph): string[] {
  const repeated = (what: string, names: readonly string[]) =>
    [...new Set(names.filter((name, i) => names.indexOf(name) !== i))]
      .map((name) => `${what} "${name}" appears twice`);
  return [
    ...repeated("input", inputs.map((input) => input.name)),
    ...repeated("variable", variables.map((variable) => variable.path)),
    ...repeated("output", outputs.map((output) => output.name)),
    ...repeated("update of", updates.map((update) => update.variable.path)),
  ];
}

function nodeViolations(node: Node, known: ReadonlySet<Value>): string[] {
  const { op, inputs, params, output } = node;
  const found = inputs.flatMap((input, i) =>
    known.has(input) ? [] : [`reads input ${i} before it is made`]
  );
  if (known.has(output)) found.push("makes a value that is made already");
  if (output.source.kind !== "node" || output.source.node !== node) {
    found.push("makes a value that names another source");
  }
  try {
    const inferred = op.infer(inputs.map((input) => input.spec), params);
    if (!sameSpec(inferred, output.spec)) {
      found.push(`has ${formatSpec(output.spec)}, infers ${formatSpec(inferred)}`);
    }
  } catch (error) {
    found.push(`infers nothing: ${error instanceof Error ? error.message : error}`);
  }
  return found;
}

/** What is wrong with the ends of a graph: outputs, updates and gradients. */
function endViolations(
  { variables, outputs, updates, gradients }: Graph,
  known: ReadonlySet<Value>,
): string[] {
  const specs = new Map(variables.map((variable) => [variable.path, variable.spec]));
  const ends = [
    ...outputs.map(({ name, value }) => ({ what: `output "${name}"`, value })),
    ...updates.map(({ variable: { path }, value }) => ({
      what: `update of "${path}"`,
      value,
      of: path,
    })),
    ...gradients.map(({ of, value }) => ({ what: `gradient by "${of}"`, value, of })),
  ];
  return ends.flatMap(({ what, value, of }: { what: string; value: Value; of?: string }) => {
    const found = known.has(value) ? [] : [`${what} has a value that is not of the graph`];
    if (of === undefined) return found;
    const spec = specs.get(of);
    if (spec === undefined) found.push(`${what}: the graph has no such variable`);
    else if (!sameSpec(spec, value.spec)) {
      found.push(`${what} has ${formatSpec(value.spec)}, the variable ${formatSpec(spec)}`);
    }
    return found;
  });
}

function builderViolations(known: ReadonlySet<Value>): string[] {
  const builders = new Set([...known].map((value) => value.builder));
  return builders.size <= 1 ? [] : [`values belong to ${builders.size} builders, expected one`];
}

/**
 * Rebuilds a graph in a fresh builder, node by node, with a chance to replace each. Decomposing ops
 * that a device has no kernel for, and replacing symbolic gradients, are rewrites.
 *
 * @module
 */
import { formatSpec, sameSpec } from "../tensor/mod.ts";
import { GraphBuilder } from "./builder.ts";
import type { Graph, Node, Value } from "./types.ts";

/** What a replacement may use. */
export interface RewriteContext {
  /** The graph under construction. */
  readonly builder: GraphBuilder;
  /** The new value that stands for an old one that came before. */
  valueOf(old: Value): Value;
}

/** What else a rewrite does. */
export interface RewriteOptions {
  /**
   * Given a variable's value before and after the step, returns what it is set to; called for every
   * update once all nodes are there.
   */
  update?(before: Value, after: Value): Value;
  /** Called at the end: outputs and updates may be added to the graph under construction. */
  finish?(): void;
}

/**
 * Rebuilds a graph.
 *
 * @param replace Given a node and its new inputs, returns the value that replaces it, or `undefined`
 * to keep the node. Ops applied within are attributed to the node's stage.
 * @throws {TypeError} When a replacement has another shape or dtype.
 */
export function rewrite(
  graph: Graph,
  replace: (
    node: Node,
    inputs: readonly Value[],
    context: RewriteContext,
  ) => Value | undefined,
  { update = (_, after) => after, finish }: RewriteOptions = {},
): Graph {
  const builder = new GraphBuilder();
  const values = new Map<Value, Value>();
  const valueOf = (old: Value): Value => {
    const value = values.get(old);
    if (value === undefined) throw new RangeError(`Cannot rewrite: value ${old.id} comes later`);
    return value;
  };
  for (const input of graph.inputs) {
    values.set(input.value, builder.input(input.name, input.value.spec));
  }
  const variables = new Map(graph.variables.map((variable) => {
    const { path, value, ...options } = variable;
    const made = builder.variable(path, options);
    values.set(value, made.value);
    return [variable.path, made] as const;
  }));
  for (const node of graph.nodes) {
    const inputs = node.inputs.map(valueOf);
    const value = builder.at(
      node.path,
      () => replace(node, inputs, { builder, valueOf }) ?? builder.repeat(node, inputs),
      { backward: node.backward },
    );
    if (!sameSpec(value.spec, node.output.spec)) {
      throw new TypeError(
        `Cannot replace "${node.op.name}": received ${formatSpec(value.spec)}, ` +
          `expected ${formatSpec(node.output.spec)}`,
      );
    }
    values.set(node.output, value);
  }
  for (const { name, value } of graph.outputs) builder.output(name, valueOf(value));
  for (const { variable, value } of graph.updates) {
    const made = variables.get(variable.path)!;
    builder.update(made, update(made.value, valueOf(value)));
  }
  finish?.();
  for (const { of, value } of graph.gradients) {
    if (values.has(value)) builder.gradient(variables.get(of)!.value, valueOf(value));
  }
  return builder.build(graph.name);
}

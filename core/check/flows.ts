/**
 * What flows between stages while they are traced.
 *
 * @module
 */
import { sourceNode, type Value, type Variable } from "../graph/mod.ts";
import type { PortKind, Traced } from "../declare/mod.ts";

/** What flows out of a stage while tracing. */
export type Flow = {
  readonly [K in PortKind]: { readonly kind: K; readonly flow: Traced[K] };
}[PortKind];

/** A value that flows out of a traced stage. */
export interface StageFlow {
  /** Path of the stage, as `"logits"` or `"logits.dense1"`. */
  readonly path: string;
  /** What flows there: a tensor, the class numbers of labels, a loss, or one gradient. */
  readonly value: Value;
  /** The parameter that the value is a gradient by, in a stage that gives gradients. */
  readonly parameter?: string;
}

/** The values among what flows out of a stage. */
export function stageFlows(path: string, { kind, flow }: Flow): StageFlow[] {
  switch (kind) {
    case "tensor":
    case "loss":
      return [{ path, value: flow }];
    case "labels":
      return [{ path, value: flow.value }];
    case "gradients":
      return flow.parameters.map(({ parameter, gradient }) => ({
        path,
        value: gradient,
        parameter: parameter.path,
      }));
    default:
      return [];
  }
}

/** Parameters that a value depends on, in the order of making. */
export function parametersOf(value: Value, variables: ReadonlyMap<Value, Variable>): Variable[] {
  const seen = new Set<Value>([value]);
  const stack = [value];
  for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
    for (const input of sourceNode(at)?.inputs ?? []) {
      if (!seen.has(input)) {
        seen.add(input);
        stack.push(input);
      }
    }
  }
  return [...variables.values()].filter((variable) =>
    variable.role === "parameter" && seen.has(variable.value)
  );
}

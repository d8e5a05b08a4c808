/**
 * What flows between stages while they are traced.
 *
 * @module
 */
import { sourceNode, type Value, type Variable } from "../graph/mod.ts";
import type { PortKind, Traced } from "../declare/mod.ts";
import type { ResolvedStage } from "./resolve.ts";

/** What flows out of a stage while tracing. */
export type Flow = {
  readonly [K in PortKind]: { readonly kind: K; readonly flow: Traced[K] };
}[PortKind];

/** A value that flows out of a traced stage. */
export interface StageFlow {
  /** Path of the stage, as `"logits"` or `"logits.dense1"`. */
  readonly path: string;
  /** Output port that it flows out of. */
  readonly port: string;
  /** What flows there: a tensor, the class numbers of labels, a loss, or one gradient. */
  readonly value: Value;
  /** The parameter that the value is a gradient by, in a stage that gives gradients. */
  readonly parameter?: string;
  /** Names of the columns of a tensor, where they are known. */
  readonly columns?: readonly string[];
  /** Set where the stage has made columns of other names than flow into it. */
  readonly namesColumns?: true;
  /** The tensors that the stage was built from, by connection. */
  readonly inputs: Readonly<Record<string, Value>>;
}

/** The values among what flows out of a port of a stage. */
export function stageFlows(
  { path }: ResolvedStage,
  { kind, flow }: Flow,
  { port = "output", given }: {
    readonly port?: string;
    /** What flows into the stage, by connection. */
    readonly given: Readonly<Record<string, Traced[PortKind]>>;
  },
): StageFlow[] {
  const inputs = Object.fromEntries(
    Object.entries(given).flatMap(([name, value]) => isValue(value) ? [[name, value]] : []),
  );
  const place = { path, port, inputs };
  switch (kind) {
    case "tensor":
    case "loss":
      return [{ ...place, value: flow }];
    case "labels":
      return [{ ...place, value: flow.value }];
    case "gradients":
      return flow.parameters.map(({ parameter, gradient }) => ({
        ...place,
        value: gradient,
        parameter: parameter.path,
      }));
    default:
      return [];
  }
}

/** Tells a value from whatever else flows between stages. */
export function isValue(flow: unknown): flow is Value {
  return typeof flow === "object" && flow !== null && "builder" in flow;
}

/** Parameters that a gradient of a value can reach, in the order of making. */
export function parametersOf(value: Value, variables: Iterable<Variable>): Variable[] {
  const seen = new Set<Value>([value]);
  const stack = [value];
  for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
    const node = sourceNode(at);
    if (node === undefined || node.op.vjp === "none") continue;
    for (const input of node.inputs) {
      if (!seen.has(input)) {
        seen.add(input);
        stack.push(input);
      }
    }
  }
  return [...variables].filter((variable) =>
    variable.role === "parameter" && seen.has(variable.value)
  );
}

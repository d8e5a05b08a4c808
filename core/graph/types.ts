/**
 * The second of the three forms: a **Graph** of ops on values whose shapes are all known.
 *
 * @module
 */
import type { TensorSpec } from "../tensor/mod.ts";
import type { GraphBuilder } from "./builder.ts";
import type { Op } from "./op.ts";

/** What a variable is for. */
export type VariableRole = "parameter" | "state" | "fitted";

/** A value of the graph: an input, a variable's value at the start of the step, or an op's output. */
export interface Value {
  /** Number, unique in its graph, ascending in the order of making. */
  readonly id: number;
  /** Shape and element type. */
  readonly spec: TensorSpec;
  /** Where the value comes from. */
  readonly source: ValueSource;
  /** The graph under construction that the value belongs to. */
  readonly builder: GraphBuilder;
}

/** Where a value comes from. */
export type ValueSource =
  | { readonly kind: "input"; readonly name: string }
  | { readonly kind: "variable"; readonly path: string }
  | { readonly kind: "node"; readonly node: Node };

/** An op applied to values. */
export interface Node {
  readonly op: Op;
  readonly inputs: readonly Value[];
  readonly params: unknown;
  readonly output: Value;
  /** Stage path it was made in, as `"logits.dense1"`; the reverse walk's nodes carry the path of the node they differentiate. */
  readonly path: string;
  /** Set on nodes made by the reverse walk. */
  readonly backward: boolean;
}

/** A value that is fed before each step. */
export interface GraphInput {
  /** `"stage.port"` for data; `"step"`, `"seed"` for what the runtime counts. */
  readonly name: string;
  readonly value: Value;
}

/** A value that lives on between steps: a parameter, optimizer state, the result of a fit. */
export interface Variable {
  /** Unique path, as `"logits.dense1.weight"`. */
  readonly path: string;
  readonly spec: TensorSpec;
  readonly role: VariableRole;
  /** For optimizer state that belongs to a parameter: that parameter's path. The planner lays state out in the parameters' order. */
  readonly of?: string;
  /** Its value at the start of the step. */
  readonly value: Value;
  /** First contents, float32 on the host; `null` for what a fit or a file must supply. */
  readonly initialize: ((seed: number) => Float32Array) | null;
}

/** A named result that is read after a step. */
export interface GraphOutput {
  readonly name: string;
  readonly value: Value;
}

/** A variable's value after the step. All updates read the values from before the step. */
export interface Update {
  readonly variable: Variable;
  readonly value: Value;
}

/** A value that is the gradient of a loss by a variable. The planner lays these out side by side. */
export interface VariableGradient {
  /** Path of the variable. */
  readonly of: string;
  readonly value: Value;
}

/** Ops on values with known shapes; nodes in an order in which inputs come first. */
export interface Graph {
  readonly name: string;
  readonly inputs: readonly GraphInput[];
  readonly variables: readonly Variable[];
  readonly nodes: readonly Node[];
  readonly outputs: readonly GraphOutput[];
  readonly updates: readonly Update[];
  readonly gradients: readonly VariableGradient[];
}

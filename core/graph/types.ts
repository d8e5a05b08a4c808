/**
 * The second of the three forms: a **Graph** of ops on values whose shapes are all known.
 *
 * @module
 */
import type { TensorSpec } from "../tensor/mod.ts";
import type { GraphBuilder } from "./builder.ts";
import type { Op } from "./op.ts";

/** What a variable is for. */
export type VariableRole =
  | "parameter"
  /** What a stage changes from step to step. */
  | "state"
  /** Numbers of training itself, which no model has: how often gradients were applied, for one. */
  | "progress"
  /** What a fit found. */
  | "fitted"
  /** A table that follows from the configuration alone, and is in no model and no checkpoint. */
  | "constant";

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
  /** The op that is applied. */
  readonly op: Op;
  /** The values it reads, in the op's order. */
  readonly inputs: readonly Value[];
  /** The op's own parameters; plain data, `null` for an op that has none. */
  readonly params: unknown;
  /** The value it gives. */
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
  /** The value that stands for what is fed. */
  readonly value: Value;
}

/** A value that lives on between steps: a parameter, optimizer state, the result of a fit. */
export interface Variable {
  /** Unique path, as `"logits.dense1.weight"`. */
  readonly path: string;
  /** Shape and element type. */
  readonly spec: TensorSpec;
  /** What it is for. */
  readonly role: VariableRole;
  /** For optimizer state that belongs to a parameter: that parameter's path. The planner lays state out in the parameters' order. */
  readonly of?: string;
  /** Whether that parameter is evaluated, predicted with and saved as this variable is, an average for one. */
  readonly standsIn?: boolean;
  /** Its value at the start of the step. */
  readonly value: Value;
  /** First contents, float32 on the host; `null` for what a fit or a file must supply. */
  readonly initialize: ((seed: number) => Float32Array) | null;
}

/** A named result that is read after a step. */
export interface GraphOutput {
  /** Unique in the graph, as `"loss"` or `"accuracy.correct"`. */
  readonly name: string;
  /** The value that is read. */
  readonly value: Value;
}

/** A variable's value after the step. All updates read the values from before the step. */
export interface Update {
  /** The variable that is set. */
  readonly variable: Variable;
  /** Its new value; the same shape and dtype. */
  readonly value: Value;
}

/** A value that is the gradient of a loss by a variable. The planner lays these out side by side. */
export interface VariableGradient {
  /** Path of the variable. */
  readonly of: string;
  /** The gradient; the same shape as the variable. */
  readonly value: Value;
}

/** Ops on values with known shapes; nodes in an order in which inputs come first. */
export interface Graph {
  /** Name of the pipeline and what the graph is for, as `"mnist train"`. */
  readonly name: string;
  /** What is fed before each step. */
  readonly inputs: readonly GraphInput[];
  /** Variables that are read or updated, in the order of making. */
  readonly variables: readonly Variable[];
  /** Applied ops, each after those it reads. */
  readonly nodes: readonly Node[];
  /** What is read after a step. */
  readonly outputs: readonly GraphOutput[];
  /** New values of variables, at most one for each. */
  readonly updates: readonly Update[];
  /** Which values are gradients by variables; none before `differentiate`. */
  readonly gradients: readonly VariableGradient[];
}

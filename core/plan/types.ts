/**
 * The third of the three forms: a **Plan** of commands over buffers whose addresses are fixed.
 *
 * Every kernel has one form: for each place of `shape`, an optional *anchor* (a reduction, a
 * contraction or an op with a kernel of its own) gives a number, and each *result* is a scalar
 * expression of that number and of the *loads*, written to its store. An elementwise chain is a
 * kernel without anchor; a dense layer with bias and activation is a contraction with one result.
 *
 * @module
 */
import type { DType, Shape, TensorSpec } from "../tensor/mod.ts";
import type { Op, ReduceOperator, Scalar, VariableRole } from "../graph/mod.ts";

/** Where a buffer lies. Each region is one contiguous range of the device's memory. */
export type Region =
  /** Variables with role parameter: one after the other in a fixed order. */
  | "parameters"
  /** Optimizer state; slots that belong to parameters lie in the parameters' order. */
  | "state"
  /** Results of fits. */
  | "fitted"
  /** Tables that follow from the configuration. */
  | "constants"
  /** Gradients of parameters, in the parameters' order. */
  | "gradients"
  /** What is fed before each step. */
  | "inputs"
  /** What is read after a step. */
  | "outputs"
  /** Everything else; buffers whose lives do not overlap share addresses. */
  | "workspace";

/** A range of device memory. */
export interface Buffer {
  /** Number of the buffer: its place in the plan's `buffers`. */
  readonly id: number;
  /** What it holds, for people: `"logits.dense1.weight"`, `"logits.dense1:3"`. */
  readonly name: string;
  /** Type of the elements, as kernels compute with them. */
  readonly dtype: DType;
  /** Number of elements. The range is padded to the target's alignment. */
  readonly length: number;
  /** How elements lie in memory where that is not their dtype: floats in 16 bits. */
  readonly storage?: "f16";
  /** Where it lies. */
  readonly region: Region;
  /** Bytes from the start of the device's memory. */
  readonly byteOffset: number;
}

/** How a kernel's loops walk a buffer: element `offset + Σ index·strides`. */
export interface Access {
  /** Number of the buffer in the plan. */
  readonly buffer: number;
  /** Type of the buffer's elements. */
  readonly dtype: DType;
  /** Element number of the first. */
  readonly offset: number;
  /** Elements between neighbours along each axis of the loops; 0 repeats. */
  readonly strides: readonly number[];
}

/** A reduction: for each place of the kernel's shape, `body` is combined over the reduced axes. */
export interface ReduceAnchor {
  /** Tells a reduction from an op with loops of its own. */
  readonly kind: "reduce";
  /** How elements are combined. */
  readonly operator: ReduceOperator;
  /** Loops of the input: the kernel's shape with the reduced axes (1 there) at full size. */
  readonly shape: Shape;
  /** The reduced axes, ascending. */
  readonly axes: readonly number[];
  /** What `body` loads, walked by the input's loops. */
  readonly loads: readonly Access[];
  /** The expression that is combined; its result type is that of the reduction. */
  readonly body: Scalar;
}

/** An operand that is in memory. */
export interface PlainOperand {
  /** How it is read, walked by the shape. */
  readonly access: Access;
  /** Shape of the operand. */
  readonly shape: Shape;
}

/** An operand that is in no memory: the op's kernel computes its elements as it reads them. */
export interface FormulaOperand {
  /** Shape of the operand. */
  readonly shape: Shape;
  /** Type of the elements. */
  readonly dtype: DType;
  /** What `body` loads, walked by the shape; at least one. */
  readonly loads: readonly Access[];
  /** The expression of an element, over the loads alone. */
  readonly body: Scalar;
}

/** An input of an op with loops of its own. */
export type Operand = PlainOperand | FormulaOperand;

/** An op with loops of its own: a contraction or an opaque op. Operands are walked by their own shapes. */
export interface OpAnchor {
  /** Tells an op with loops of its own from a reduction. */
  readonly kind: "op";
  /** The contraction or opaque op. */
  readonly op: Op;
  /** The op's own parameters. */
  readonly params: unknown;
  /** The op's inputs. */
  readonly operands: readonly Operand[];
  /** Shape and element type of what the op gives, before the results' expressions. */
  readonly output: TensorSpec;
}

/** What gives the number that results are computed from. */
export type Anchor = ReduceAnchor | OpAnchor;

/** One result of a kernel. */
export interface Result {
  /** Expression over `loads` and `anchor`. */
  readonly expression: Scalar;
  /**
   * Where it is written, row-major over the kernel's shape; without gaps, or as a block of a larger
   * value, of which neighbours along the last axis lie side by side.
   */
  readonly store: Access;
}

/** What one command computes. */
export interface Kernel {
  /** The places at which results are computed. */
  readonly shape: Shape;
  /** What is computed before the results; `null` for an elementwise chain. */
  readonly anchor: Anchor | null;
  /** What the results' expressions load, walked by `shape`. */
  readonly loads: readonly Access[];
  /** What is computed and written at each place; all of one shape. */
  readonly results: readonly Result[];
}

/** One kernel run of a plan. */
export interface Command {
  /** What is computed. */
  readonly kernel: Kernel;
  /** What it does, for people: `"matmul + add + relu"`. */
  readonly name: string;
  /** Stage paths whose work it does. */
  readonly paths: readonly string[];
  /** Tells whether all of it was made by the reverse walk. */
  readonly backward: boolean;
  /** Floating-point operations. */
  readonly flops: number;
  /** Bytes read and written, each operand once. */
  readonly bytes: number;
  /** Whether threads share the places of the kernel; else the first thread does it alone. */
  readonly shared: boolean;
  /** Whether threads wait for each other before it. */
  readonly barrier: boolean;
}

/** A variable with its place, which is the same in every plan of a run. */
export interface VariableSlot {
  /** Path of the variable, as `"logits.dense1.weight"`. */
  readonly path: string;
  /** Shape and element type. */
  readonly spec: TensorSpec;
  /** What the variable is for. */
  readonly role: VariableRole;
  /** For optimizer state that belongs to a parameter: that parameter's path. */
  readonly of?: string;
  /** Whether that parameter is evaluated, predicted with and saved as this variable is. */
  readonly standsIn?: boolean;
  /** Where it lies: the region of its role. */
  readonly region: Region;
  /** Bytes from the start of the device's memory. */
  readonly byteOffset: number;
  /** First contents from the run's seed; `null` for what a fit or a file must supply. */
  readonly initialize: ((seed: number) => Float32Array) | null;
}

/** Places of all variables of a run, shared by its plans. */
export interface VariableLayout {
  /** The variables in the order of their addresses. */
  readonly slots: readonly VariableSlot[];
  /** Bytes of all regions of variables. */
  readonly bytes: number;
}

/** A fed input or a read output, with its buffer. */
export interface Port {
  /** Name of the graph's input or output. */
  readonly name: string;
  /** Shape and element type. */
  readonly spec: TensorSpec;
  /** Number of its buffer in the plan. */
  readonly buffer: number;
}

/** Commands in order, over buffers with fixed addresses. */
export interface Plan {
  /** Name of the graph it was made from, as `"mnist train"`. */
  readonly name: string;
  /** Places of the run's variables, also of those that this plan does not touch. */
  readonly variables: VariableLayout;
  /** Every range of memory that commands or ports name, by number. */
  readonly buffers: readonly Buffer[];
  /** What is fed before each step. */
  readonly inputs: readonly Port[];
  /** What is read after a step. */
  readonly outputs: readonly Port[];
  /** The kernel runs, in order. */
  readonly commands: readonly Command[];
  /** Bytes of memory from address 0, variables included. */
  readonly bytes: number;
  /** Bytes that the device has at most. */
  readonly limitBytes: number;
  /** Bytes per region. */
  readonly regionBytes: Readonly<Record<Region, number>>;
  /** Bytes of workspace that floats stored in 16 bits save; 0 where there are none. */
  readonly savedBytes: number;
}

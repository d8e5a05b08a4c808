/**
 * The list of the ops that have a kernel on a device: alike for every device, which makes of a kernel
 * what it runs.
 *
 * @module
 */
import type { TensorSpec } from "../tensor/mod.ts";
import type { ContractionOp, Op, OpaqueOp } from "../graph/mod.ts";
import type { OperandOf } from "../plan/mod.ts";

/** Gives what makes an op's code of a device, or `null` when the kernel does not apply. */
export type OpKernel<P, Make> = (inputs: readonly TensorSpec[], params: P) => Make | null;

/**
 * How many times a kernel computes each element of an operand that is given as a formula, on the whole;
 * `Infinity` where it does not.
 */
export type OperandReads<P> = (
  operand: number,
  op: { readonly inputs: readonly TensorSpec[]; readonly output: TensorSpec; readonly params: P },
) => number;

/** A line of the list of kernels. */
export interface KernelEntry<Make> {
  readonly op: unknown;
  readonly kernel: OpKernel<unknown, Make>;
  readonly operandReads: OperandReads<unknown>;
}

/** Pairs an op with its kernel. */
export function kernelOf<P, Make>(
  op: ContractionOp<P> | OpaqueOp<P>,
  kernel: OpKernel<P, Make>,
  operandReads: OperandReads<P> = () => Infinity,
): KernelEntry<Make> {
  // the params of a node are those of its op: `apply` takes them together
  return {
    op,
    kernel: (inputs, params) => kernel(inputs, params as P),
    operandReads: (operand, of) => operandReads(operand, { ...of, params: of.params as P }),
  };
}

/** Finds what makes an op's code. */
export function findKernel<Make>(
  entries: readonly KernelEntry<Make>[],
  op: Op,
  { inputs, params }: { readonly inputs: readonly TensorSpec[]; readonly params: unknown },
): Make | null {
  return entries.find((entry) => entry.op === op)?.kernel(inputs, params) ?? null;
}

/** How many times an op's kernel computes each element of an operand: see `Target.operandReads`. */
export function findOperandReads<Make>(
  entries: readonly KernelEntry<Make>[],
  op: Op,
  { operand, inputs, params }: OperandOf,
): number {
  const entry = entries.find((entry) => entry.op === op);
  if (entry === undefined || (op.kind !== "contraction" && op.kind !== "opaque")) return Infinity;
  return entry.operandReads(operand, { inputs, output: op.infer(inputs, params), params });
}

/**
 * The list of the ops that have a kernel on a device: alike for every device, which makes of a kernel
 * what it runs.
 *
 * @module
 */
import type { TensorSpec } from "../tensor/mod.ts";
import type { ContractionOp, Op, OpaqueOp } from "../graph/mod.ts";

/** Gives what makes an op's code of a device, or `null` when the kernel does not apply. */
export type OpKernel<P, Make> = (inputs: readonly TensorSpec[], params: P) => Make | null;

/** A line of the list of kernels. */
export interface KernelEntry<Make> {
  readonly op: unknown;
  readonly kernel: OpKernel<unknown, Make>;
}

/** Pairs an op with its kernel. */
export function kernelOf<P, Make>(
  op: ContractionOp<P> | OpaqueOp<P>,
  kernel: OpKernel<P, Make>,
): KernelEntry<Make> {
  // the params of a node are those of its op: `apply` takes them together
  return { op, kernel: (inputs, params) => kernel(inputs, params as P) };
}

/** Finds what makes an op's code. */
export function findKernel<Make>(
  entries: readonly KernelEntry<Make>[],
  op: Op,
  { inputs, params }: { readonly inputs: readonly TensorSpec[]; readonly params: unknown },
): Make | null {
  return entries.find((entry) => entry.op === op)?.kernel(inputs, params) ?? null;
}

/**
 * What the planner must know of a device. It is data, so that a plan can be made, printed and tested
 * without the device.
 *
 * @module
 */
import type { DType, TensorSpec } from "../tensor/mod.ts";
import type { Op } from "../graph/mod.ts";

/** Which operand of an op. */
export interface OperandOf {
  /** Number of the operand. */
  readonly operand: number;
  /** Shapes and types of all of them. */
  readonly inputs: readonly TensorSpec[];
  /** The op's own parameters. */
  readonly params: unknown;
}

/** The traits of a device that shape a plan. */
export interface Target {
  /** Name of the device, as on the command line. */
  readonly device: string;
  /** Bytes that an element takes; the reference device keeps everything in float64. */
  elementBytes(dtype: DType): number;
  /** Every buffer begins at a multiple of this many bytes, and its range is padded to one. */
  readonly alignment: number;
  /** Bytes of the largest memory that the device can have. */
  readonly limitBytes: number;
  /** Bytes at address 0 that the device keeps for itself. */
  readonly reservedBytes: number;
  /** Nanoseconds that a kernel takes on one thread, roughly. */
  estimateNs(work: { readonly flops: number; readonly bytes: number }): number;
  /** Estimated nanoseconds from which on threads share a kernel; `Infinity` where there is one thread. */
  readonly sharedFromNs: number;
  /** Whether it can store floats in 16 bits; it computes with them in `floatBits`. */
  readonly storesHalf: boolean;
  /** Bits of the floats that the device computes with: constants are folded in them. */
  readonly floatBits: 32 | 64;
  /** Whether elementwise chains are merged into kernels; the reference device runs op by op. */
  readonly fuses: boolean;
  /** Whether the kernel of a contraction or an opaque op walks operands by any strides; else they are copied row-major. */
  readsStrides(op: Op): boolean;
  /**
   * How many times the kernel of an op computes each element of an operand that is given as a formula, on
   * the whole; `Infinity` where the operand must be in memory.
   */
  operandReads(op: Op, operand: OperandOf): number;
  /** Whether the device has a kernel for a contraction or an opaque op. Ops of the other kinds run everywhere. */
  hasKernel(op: Op, inputs: readonly TensorSpec[], params: unknown): boolean;
}

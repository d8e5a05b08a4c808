/**
 * The ops that have a kernel.
 *
 * @module
 */
import { matmulOp } from "../../../ops/mod.ts";
import { type KernelEntry, kernelOf } from "./kernel.ts";
import { matmulKernel } from "./matmul.ts";

export * from "./kernel.ts";

/** Every kernel. */
export const kernels: readonly KernelEntry[] = [
  kernelOf(matmulOp, matmulKernel),
];

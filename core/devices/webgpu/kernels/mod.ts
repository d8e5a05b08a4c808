/**
 * The ops that have a kernel.
 *
 * @module
 */
import {
  concatenateOp,
  conv2dInputGradientOp,
  conv2dOp,
  conv2dWeightGradientOp,
  gatherOp,
  matmulOp,
  maxPool2dGradientOp,
  maxPool2dOp,
  padOp,
  scatterAddOp,
} from "../../../ops/mod.ts";
import { type KernelEntry, kernelOf } from "../../kernel_list.ts";
import { concatenateKernel } from "./concatenate.ts";
import { conv2dKernel, conv2dReads } from "./conv2d.ts";
import { conv2dInputGradientKernel, conv2dInputGradientReads } from "./conv2d_input_gradient.ts";
import { conv2dWeightGradientKernel, conv2dWeightGradientReads } from "./conv2d_weight_gradient.ts";
import { gatherKernel } from "./gather.ts";
import type { WriteShaders } from "./kernel.ts";
import { matmulKernel, matmulReads } from "./matmul.ts";
import { maxPool2dKernel } from "./max_pool2d.ts";
import { maxPool2dGradientKernel } from "./max_pool2d_gradient.ts";
import { padKernel } from "./pad.ts";
import { scatterAddKernel } from "./scatter_add.ts";

export * from "./kernel.ts";

/** Every kernel. */
export const kernels: readonly KernelEntry<WriteShaders>[] = [
  kernelOf(concatenateOp, concatenateKernel),
  kernelOf(conv2dInputGradientOp, conv2dInputGradientKernel, conv2dInputGradientReads),
  kernelOf(conv2dOp, conv2dKernel, conv2dReads),
  kernelOf(conv2dWeightGradientOp, conv2dWeightGradientKernel, conv2dWeightGradientReads),
  kernelOf(gatherOp, gatherKernel),
  kernelOf(matmulOp, matmulKernel, matmulReads),
  kernelOf(maxPool2dGradientOp, maxPool2dGradientKernel),
  kernelOf(maxPool2dOp, maxPool2dKernel),
  kernelOf(padOp, padKernel),
  kernelOf(scatterAddOp, scatterAddKernel),
];

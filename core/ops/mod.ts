/**
 * The instruction set: every op, and the functions that apply them.
 *
 * @module
 */
import type { Op } from "../graph/mod.ts";
import { absOp } from "./abs.ts";
import { addOp } from "./add.ts";
import { appliedStepsOp } from "./applied_steps.ts";
import { averagePool2dGradientOp, averagePool2dOp } from "./average_pool2d.ts";
import { broadcastToOp } from "./broadcast_to.ts";
import { castOp } from "./cast.ts";
import { equalOp, lessEqualOp, lessOp, notEqualOp } from "./compare.ts";
import { concatenateOp } from "./concatenate.ts";
import { conv2dOp } from "./conv2d.ts";
import { conv2dInputGradientOp } from "./conv2d_input_gradient.ts";
import { conv2dWeightGradientOp } from "./conv2d_weight_gradient.ts";
import { cosOp } from "./cos.ts";
import { fillOp } from "./define_op.ts";
import { divOp } from "./div.ts";
import { erfOp } from "./erf.ts";
import { expOp } from "./exp.ts";
import { expm1Op } from "./expm1.ts";
import { floorOp } from "./floor.ts";
import { gatherOp } from "./gather.ts";
import { iotaOp } from "./iota.ts";
import { logOp } from "./log.ts";
import { log1pOp } from "./log1p.ts";
import { logSumExpOp } from "./log_sum_exp.ts";
import { matmulOp } from "./matmul.ts";
import { maxPool2dGradientOp, maxPool2dOp } from "./max_pool2d.ts";
import { maximumOp } from "./maximum.ts";
import { minimumOp } from "./minimum.ts";
import { mulOp } from "./mul.ts";
import { negOp } from "./neg.ts";
import { padOp } from "./pad.ts";
import { powOp } from "./pow.ts";
import { randomUniformOp } from "./random_uniform.ts";
import { reduceMaxOp } from "./reduce_max.ts";
import { reduceMinOp } from "./reduce_min.ts";
import { reduceSumOp } from "./reduce_sum.ts";
import { reluOp } from "./relu.ts";
import { reshapeOp } from "./reshape.ts";
import { scatterAddOp } from "./scatter_add.ts";
import { sigmoidOp } from "./sigmoid.ts";
import { sinOp } from "./sin.ts";
import { sliceOp } from "./slice.ts";
import { softplusOp } from "./softplus.ts";
import { sqrtOp } from "./sqrt.ts";
import { stopGradientOp } from "./stop_gradient.ts";
import { gradientOp } from "./structural.ts";
import { subOp } from "./sub.ts";
import { tanhOp } from "./tanh.ts";
import { transposeOp } from "./transpose.ts";
import { varianceOp } from "./variance.ts";
import { whereOp } from "./where.ts";

export * from "./abs.ts";
export * from "./add.ts";
export * from "./applied_steps.ts";
export * from "./arg_max.ts";
export * from "./average_pool2d.ts";
export * from "./broadcast_to.ts";
export * from "./cast.ts";
export * from "./compare.ts";
export * from "./concatenate.ts";
export * from "./conv2d.ts";
export * from "./conv2d_input_gradient.ts";
export * from "./conv2d_weight_gradient.ts";
export { type Conv2dParams, type Conv2dSizes, conv2dSizes } from "./convolution.ts";
export * from "./cos.ts";
export * from "./define_op.ts";
export * from "./div.ts";
export * from "./elu.ts";
export * from "./erf.ts";
export * from "./exp.ts";
export * from "./expm1.ts";
export * from "./floor.ts";
export * from "./gather.ts";
export * from "./gelu.ts";
export * from "./iota.ts";
export * from "./leaky_relu.ts";
export * from "./log.ts";
export * from "./log1p.ts";
export * from "./log_sum_exp.ts";
export * from "./matmul.ts";
export * from "./max_pool2d.ts";
export * from "./maximum.ts";
export * from "./minimum.ts";
export * from "./mul.ts";
export * from "./neg.ts";
export * from "./one_hot.ts";
export * from "./pad.ts";
export type { Pool2dOptions, Pool2dParams } from "./pooling.ts";
export * from "./pow.ts";
export * from "./random_uniform.ts";
export * from "./reduce_max.ts";
export * from "./reduce_min.ts";
export * from "./reduce_sum.ts";
export * from "./reduction.ts";
export * from "./relu.ts";
export * from "./relu6.ts";
export * from "./reshape.ts";
export * from "./scatter_add.ts";
export * from "./sigmoid.ts";
export * from "./sign.ts";
export * from "./silu.ts";
export * from "./sin.ts";
export * from "./slice.ts";
export * from "./softmax.ts";
export * from "./softplus.ts";
export * from "./softsign.ts";
export * from "./sqrt.ts";
export * from "./square.ts";
export * from "./stop_gradient.ts";
export * from "./structural.ts";
export * from "./sub.ts";
export * from "./tanh.ts";
export * from "./transpose.ts";
export * from "./variance.ts";
export * from "./where.ts";
export { type Padding2d, type PaddingLike, type Pair, resolvePadding } from "./window.ts";

/** Every op: conformance tests, benches and docs are made from this list. */
export const ops: readonly Op[] = [
  absOp,
  addOp,
  appliedStepsOp,
  averagePool2dGradientOp,
  averagePool2dOp,
  broadcastToOp,
  castOp,
  concatenateOp,
  conv2dInputGradientOp,
  conv2dOp,
  conv2dWeightGradientOp,
  cosOp,
  divOp,
  equalOp,
  erfOp,
  expOp,
  expm1Op,
  fillOp,
  floorOp,
  gatherOp,
  gradientOp,
  iotaOp,
  lessEqualOp,
  lessOp,
  log1pOp,
  logOp,
  logSumExpOp,
  matmulOp,
  maxPool2dGradientOp,
  maxPool2dOp,
  maximumOp,
  minimumOp,
  mulOp,
  negOp,
  notEqualOp,
  padOp,
  powOp,
  randomUniformOp,
  reduceMaxOp,
  reduceMinOp,
  reduceSumOp,
  reluOp,
  reshapeOp,
  scatterAddOp,
  sigmoidOp,
  sinOp,
  sliceOp,
  softplusOp,
  sqrtOp,
  stopGradientOp,
  subOp,
  tanhOp,
  transposeOp,
  varianceOp,
  whereOp,
];

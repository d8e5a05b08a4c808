/**
 * Layers.
 *
 * @module
 */
export {
  type Activation,
  type ActivationName,
  namedActivations,
  type ShapeKeepingLayer,
} from "./activations.ts";
export { averagePool2d } from "./average_pool2d.ts";
export { conv2d, type Conv2dOptions } from "./conv2d.ts";
export { dense, type DenseOptions } from "./dense.ts";
export { dropout } from "./dropout.ts";
export { flatten, type FlattenLayer } from "./flatten.ts";
export { maxPool2d } from "./max_pool2d.ts";
export type { Pool2dLayer, Pool2dOptions } from "./pool2d.ts";
export { relu } from "./relu.ts";
export { reshape, type ReshapeLayer, type RowShape } from "./reshape.ts";
export { sequential } from "./sequential.ts";
export { sigmoid } from "./sigmoid.ts";
export { softmax, type SoftmaxOptions } from "./softmax.ts";
export { tanh } from "./tanh.ts";
export type { Padding, Size2d } from "./windows.ts";

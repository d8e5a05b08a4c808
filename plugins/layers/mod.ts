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
export { dense, type DenseOptions } from "./dense.ts";
export { dropout } from "./dropout.ts";
export { flatten, type FlattenLayer } from "./flatten.ts";
export { relu } from "./relu.ts";
export { sequential } from "./sequential.ts";
export { sigmoid } from "./sigmoid.ts";
export { softmax, type SoftmaxOptions } from "./softmax.ts";
export { tanh } from "./tanh.ts";

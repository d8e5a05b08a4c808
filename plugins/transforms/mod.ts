/**
 * Transforms: what is done to data before the first layer, in the same graph.
 *
 * @module
 */
export { type OneHot, oneHot } from "./one_hot.ts";
export { type Rescale, rescale, type RescaleOptions } from "./rescale.ts";
export { type Standardize, standardize } from "./standardize.ts";

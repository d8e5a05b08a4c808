/**
 * Optimizers, and the backward pass that feeds them.
 *
 * @module
 */
export { adam, type AdamOptions } from "./adam.ts";
export { backward, type BackwardOptions } from "./backward.ts";
export { sgd, type SgdOptions } from "./sgd.ts";

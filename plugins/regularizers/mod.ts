/**
 * Regularizers: penalties that are added to losses.
 *
 * @module
 */
export { regularize, type RegularizeOptions } from "./regularize.ts";

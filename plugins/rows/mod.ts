/**
 * Rows: which rows of a loader are read, and for what.
 *
 * @module
 */
export { split, type SplitOptions, type SplitRows } from "./split.ts";

/**
 * Rows: which rows of a loader are read, and for what.
 *
 * @module
 */
export { ofClasses, type OfClassesOptions, type RowsOfClasses } from "./of_classes.ts";
export { type Balance, balance, type BalanceOptions } from "./balance.ts";
export { mix, type MixOptions, type MixRows } from "./mix.ts";
export { split, type SplitOptions, type SplitRows } from "./split.ts";

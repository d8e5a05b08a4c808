/**
 * Stand-in for `@std/csv` where jsr.io cannot be reached (see `denow`): the original's functions
 * over csv-parse and csv-stringify.
 *
 * @module
 */
export * from "./parse.ts";
export * from "./parse_stream.ts";
export * from "./stringify.ts";
export * from "./stringify_stream.ts";

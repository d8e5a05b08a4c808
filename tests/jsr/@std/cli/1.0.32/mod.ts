/**
 * Stand-in for `@std/cli` where jsr.io cannot be reached (see `denow`): `parseArgs` alone.
 *
 * @module
 */
export * from "./parse_args.ts";

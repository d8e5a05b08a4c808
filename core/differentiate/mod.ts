/**
 * Graph -> Graph: the reverse walk.
 *
 * @module
 */
export { differentiate } from "./reverse.ts";

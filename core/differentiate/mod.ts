/**
 * Graph -> Graph: the reverse walk.
 *
 * @module
 */
export { type Cotangent, differentiate, type Differentiated, reverse } from "./reverse.ts";

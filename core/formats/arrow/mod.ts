/**
 * Arrow files.
 *
 * @module
 */
export { openArrow } from "./arrow.ts";

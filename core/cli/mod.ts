/**
 * The command line of Millrace, for a program that brings it along.
 *
 * @module
 */
export { main, verbs } from "./main.ts";
export type { Invocation, Option, Verb } from "./options.ts";
export { type Io, systemIo, type TextStream } from "./terminal.ts";

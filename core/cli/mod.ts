/**
 * The command line of Millrace: a program by itself, `deno run -A jsr:@millrace/millrace/cli`, and a
 * part for a program that brings it along.
 *
 * @module
 */
import { main } from "./main.ts";
import { systemIo } from "./terminal.ts";

export { main, verbs } from "./main.ts";
export type { Invocation, Option, Verb } from "./options.ts";
export { type Io, systemIo, type TextStream } from "./terminal.ts";

if (import.meta.main) Deno.exit(await main(Deno.args, systemIo()));

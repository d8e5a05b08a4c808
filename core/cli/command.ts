/**
 * How the command line is started again, for the hints that it prints: by a task in the clone, else
 * by the package.
 *
 * @module
 */
import { relative } from "node:path";
import { fileURLToPath } from "node:url";

/** Where the command line is. */
interface Place {
  /** The module `core/cli/main.ts`. */
  readonly main: string;
  /** The working directory. */
  readonly directory: string;
}

/**
 * What a user types before the arguments of a verb: `deno task train` in the folder of the clone,
 * `deno run -A` with the file from another folder, and with the package where there is no clone.
 */
export function commandOf(
  verb: string,
  { main, directory }: Place = { main: import.meta.resolve("./main.ts"), directory: Deno.cwd() },
): string {
  if (!main.startsWith("file:")) return `deno run -A jsr:@millrace/millrace/cli ${verb}`;
  const path = relative(directory, fileURLToPath(main)).replaceAll("\\", "/");
  return path === "core/cli/main.ts"
    ? `deno task ${verb}`
    : `deno run -A ${quoteArgument(path)} ${verb}`;
}

/** Quotes an argument for a shell, where it needs it. */
export function quoteArgument(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

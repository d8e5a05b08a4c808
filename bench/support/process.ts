/**
 * Programs in processes of their own, so that what is measured in one does not disturb another, and
 * so that V8's flags, which hold for a whole process, can be compared.
 *
 * @module
 */
import { fileURLToPath } from "node:url";

/** What a process is started with. */
export interface ProcessOptions {
  /** Arguments of the program. */
  readonly args?: readonly string[];
  /** Whether V8 joins neighbouring 128-bit vectors to 256-bit ones; default as this process was told. */
  readonly wide?: boolean;
  /** Whether what it says on standard error is passed on. */
  readonly isShown?: boolean;
}

/** The flag that lets V8 use 256-bit vectors. */
export const wideFlag = "--experimental-wasm-revectorize";

/** The root of this repository. */
export const root: string = fileURLToPath(new URL("../../", import.meta.url));

/**
 * Runs a module of this repository with Deno.
 *
 * @returns What it wrote to standard output.
 * @throws {Error} When it fails, with what it said last.
 */
export async function runModule(
  path: string,
  { args = [], ...options }: ProcessOptions = {},
): Promise<string> {
  return await runProgram(Deno.execPath(), {
    args: ["run", "-A", "--no-check", path, ...args],
    ...options,
  });
}

/** Runs any program in the root of this repository, as {@linkcode runModule} does. */
export async function runProgram(
  program: string,
  { args = [], wide, isShown = false }: ProcessOptions = {},
): Promise<string> {
  const command = new Deno.Command(program, {
    args: [...args],
    cwd: root,
    clearEnv: true,
    env: environment(Deno.env.toObject(), wide),
    stdin: "null",
    stderr: isShown ? "inherit" : "piped",
  });
  const output = await command.output();
  if (output.success) return new TextDecoder().decode(output.stdout);
  const said = isShown ? "" : new TextDecoder().decode(output.stderr);
  throw new Error(lastWords(said) || `Cannot run "${args.join(" ")}": it failed without a word`);
}

/** The environment of a process, with V8's flag for wide vectors set or not. */
export function environment(
  own: Readonly<Record<string, string>>,
  wide: boolean | undefined,
): Record<string, string> {
  if (wide === undefined) return { ...own };
  const { DENO_V8_FLAGS: given = "", ...others } = own;
  const flags = given.split(",").filter((flag) => flag !== "" && flag !== wideFlag);
  if (wide) flags.push(wideFlag);
  // Deno refuses an empty list of flags
  return flags.length === 0 ? others : { ...others, DENO_V8_FLAGS: flags.join(",") };
}

/** The line of an error message that says what went wrong: the first `…Error: …`, else the last. */
export function lastWords(text: string): string {
  // deno-lint-ignore no-control-regex
  const plain = text.replaceAll(/\x1b\[[0-9;]*m/g, "");
  const lines = plain.split("\n").map((line) => line.trim()).filter((line) => line !== "");
  const error = lines.find((line) => /(^|\s)\w*Error: /.test(line));
  return (error ?? lines.at(-1) ?? "").replace(/^error: (Uncaught )?(\(in promise\) )?/, "");
}

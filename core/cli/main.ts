/**
 * The entry of the command line: finds the verb, runs it, and turns every error into what the user
 * reads and an exit status.
 *
 * Exit status: 0 done, 1 something the user can mend, 2 wrong usage, 70 a fault of Millrace,
 * 130 interrupted.
 *
 * @module
 */
import { isUserError, nearestName, UsageError } from "../errors.ts";
import { visibleText } from "../format.ts";
import { doctor } from "./doctor.ts";
import { evaluate } from "./evaluate.ts";
import { explain } from "./explain.ts";
import { graph } from "./graph.ts";
import { generalHelp, pipelineHelp, verbHelp } from "./help.ts";
import { inspect } from "./inspect/mod.ts";
import { loadPipeline } from "./load.ts";
import { parseArguments, type Verb } from "./options.ts";
import { plan } from "./plan.ts";
import { predict } from "./predict.ts";
import { resume } from "./resume.ts";
import { summary } from "./summary.ts";
import { type Io, red, systemIo } from "./terminal.ts";
import { train } from "./train.ts";

/** Every verb, in the order of the help. */
export const verbs: readonly Verb[] = [
  train,
  resume,
  evaluate,
  predict,
  explain,
  summary,
  plan,
  graph,
  inspect,
  doctor,
];

/** Exit status of wrong usage. */
const usageStatus = 2;
/** Exit status of a fault of Millrace itself: EX_SOFTWARE of sysexits.h. */
const faultStatus = 70;

/** Runs the command line; gives the exit status. Never throws. */
export async function main(args: readonly string[], io: Io): Promise<number> {
  try {
    return await dispatch(args, io);
  } catch (error) {
    return report(error, io);
  }
}

async function dispatch(args: readonly string[], io: Io): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined) {
    io.stderr.write(generalHelp(verbs, io.stderr));
    return usageStatus;
  }
  if (["--help", "-h", "help"].includes(name)) {
    io.stdout.write(generalHelp(verbs, io.stdout));
    return 0;
  }
  const verb = verbs.find((verb) => verb.name === name);
  if (verb === undefined) throw unknownVerb(name);
  const invocation = parseArguments(verb, rest);
  if (!invocation.flag("help")) return await verb.run(invocation, io);
  io.stdout.write(verbHelp(verb, io.stdout));
  const [source] = invocation.operands;
  if (source !== undefined && verb.options.some((option) => option.name === "set")) {
    const { pipeline } = await loadPipeline(source);
    io.stdout.write(`\n${pipelineHelp(pipeline, io.stdout)}`);
  }
  return 0;
}

function unknownVerb(name: string): UsageError {
  const names = verbs.map((verb) => verb.name);
  const nearest = nearestName(name, names);
  return new UsageError(
    `Unknown verb "${name}"\n  hint: ` +
      (nearest === undefined ? `verbs: ${names.join(", ")}` : `did you mean "${nearest}"?`),
  );
}

/** Prints an error; gives the exit status. */
function report(error: unknown, io: Io): number {
  const label = red(io.stderr, "error:");
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof UsageError || isUserError(error)) {
    io.stderr.write(`${label} ${visibleText(message)}\n`);
    return error instanceof UsageError ? usageStatus : 1;
  }
  if (isSystemError(error)) {
    io.stderr.write(
      `${label} ${error instanceof Deno.errors.NotCapable ? refusal(error) : message}\n`,
    );
    return 1;
  }
  const stack = error instanceof Error ? error.stack ?? message : message;
  io.stderr.write(
    `${label} ${stack}\n${causesOf(error)}` +
      "This is a fault of Millrace: please report it with the lines above\n",
  );
  return faultStatus;
}

/** What the system refuses: a full disk, a file that may not be read, a permission. */
function isSystemError(error: unknown): error is Error {
  return error instanceof Error &&
    (error instanceof Deno.errors.NotCapable ||
      "code" in error && typeof error.code === "string" && /^E[A-Z]+$/.test(error.code));
}

/** What Deno refused, and what helps: its own advice, a flag, is not for who runs a task. */
function refusal({ message }: Error): string {
  const hint = message.startsWith("Requires all access")
    ? "Deno keeps this place from programs: choose another"
    : "the tasks of deno.json give the permissions that are needed";
  return `${message.replace(/, run again with .*$/s, "")}\n  hint: ${hint}`;
}

function causesOf(error: unknown): string {
  let text = "";
  const seen = new Set<unknown>([error]);
  for (let at = error; at instanceof Error && at.cause !== undefined && !seen.has(at.cause);) {
    at = at.cause;
    seen.add(at);
    text += `caused by ${at instanceof Error ? at.stack ?? at.message : String(at)}\n`;
  }
  return text;
}

if (import.meta.main) Deno.exit(await main(Deno.args, systemIo()));

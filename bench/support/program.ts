/**
 * The programs of the benches: each is a verb, with the options, help and errors of the command line.
 *
 * @module
 */
import { UsageError } from "../../core/errors.ts";
import { verbHelp } from "../../core/cli/help.ts";
import { parseArguments, type Verb } from "../../core/cli/options.ts";
import { systemIo } from "../../core/cli/terminal.ts";

/** Runs a verb as the program of this process, and ends the process with its status. */
export async function runVerb(verb: Verb, args: readonly string[] = Deno.args): Promise<never> {
  const io = systemIo();
  try {
    const invocation = parseArguments(verb, args);
    if (invocation.flag("help")) {
      io.stdout.write(verbHelp(verb, io.stdout));
      Deno.exit(0);
    }
    Deno.exit(await verb.run(invocation, io));
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    io.stderr.write(`error: ${error.message}\n`);
    Deno.exit(2);
  }
}

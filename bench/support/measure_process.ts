/**
 * Program: measures chosen cases and writes what it measured as JSON. `gather.ts` starts it.
 *
 * @module
 */
import { systemIo } from "../../core/cli/terminal.ts";
import { chosenOf, questions } from "../questions.ts";
import type { Assignment } from "./gather.ts";
import { measure } from "./measure.ts";

const { wanted, wide, variants, devices, ...options }: Assignment = JSON.parse(Deno.args[0]!);
const { stdout, stderr } = systemIo();
const chosen = chosenOf(
  questions,
  (one, question) => wanted[question]?.includes(one.name) === true,
);
const measured = await measure(chosen, {
  ...options,
  chooses: ({ device, threads }) =>
    variants === "all"
      ? device === undefined || devices.includes(device)
      : device === "wasm" && (variants === "wasm" || threads === 1),
  onRound(round) {
    const flags = wide ? "wide vectors, " : "";
    stderr.write(`measuring: ${flags}round ${round + 1} of ${options.rounds}\n`);
  },
});
stdout.write(JSON.stringify(measured));
Deno.exit(0); // threads that sleep would keep it

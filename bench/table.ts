/**
 * `deno task bench:table`: answers the questions as tables: time, GFLOP/s, percent of the measured
 * peak, samples per second, and how much faster than a plain loop.
 *
 * @module
 */
import type { Verb } from "../core/cli/options.ts";
import { webgpuDevice } from "../core/devices/mod.ts";
import { UsageError } from "../core/errors.ts";
import { chosenOf, questions } from "./questions.ts";
import { allThreads, benchDevices } from "./support/case.ts";
import { formatDigits, formatMeasurements } from "./support/format.ts";
import { deviceChoices, deviceOption, flagChoices, flagsOption, gather } from "./support/gather.ts";
import { formatMachine, provenance } from "./support/machine.ts";
import { wideFlag } from "./support/process.ts";
import { runVerb } from "./support/program.ts";

const names = Object.keys(questions).join(", ");

const table: Verb = {
  name: "bench:table",
  summary: "Measure kernels, training steps, compilation and start-up, and print tables",
  operand: "[word ...]",
  options: [
    flagsOption,
    deviceOption,
    { name: "rounds", value: "n", description: "Times that everything has its turn; default 5" },
    { name: "json", value: "file", description: "Write the figures to a file too" },
  ],
  notes: `Words choose: a question (${names}), or part of a case's name, ` +
    `as "64x64". With none, everything is measured: five to ten minutes.`,
  async run(invocation, io) {
    const words = invocation.operands;
    const chosen = chosenOf(
      questions,
      ({ name }, question) =>
        words.length === 0 || words.some((word) => question === word || name.includes(word)),
    );
    if (Object.keys(chosen).length === 0) {
      throw new UsageError(
        `Cannot find a case of "${words.join(" ")}"\n  hint: words are a question (${names}), ` +
          "or part of a case's name",
      );
    }
    const device = invocation.choice("device", deviceChoices) ?? "wasm";
    const devices = device === "both" ? benchDevices : [device];
    const adapter = devices.includes("webgpu") ? await adapterName() : undefined;
    const gathered = await gather(chosen, {
      devices,
      flags: invocation.choice("flags", flagChoices) ?? "both",
      rounds: invocation.whole("rounds", { min: 1 }) ?? 5,
      turnMs: 30,
      warmUpMs: 150,
      variants: "all",
    });
    const from = { ...await provenance(), ...(adapter === undefined ? {} : { adapter }) };
    const peaks = gathered.map(({ wide, peak }) =>
      `${formatDigits(peak)} GFLOP/s${wide ? ` wide (${wideFlag})` : ""}`
    );
    io.stdout.write(
      `${formatMachine(from.machine)}, Deno ${from.versions.deno}, ${from.date}\n` +
        `${adapter === undefined ? "" : `webgpu: ${adapter}\n`}` +
        `all threads: ${allThreads}; peak of a thread: ${peaks.join(", ")}\n\n` +
        formatMeasurements(gathered),
    );
    const file = invocation.text("json");
    if (file !== undefined) {
      await Deno.writeTextFile(file, `${JSON.stringify({ ...from, gathered }, null, 2)}\n`);
    }
    return 0;
  },
};

/** What `webgpu` runs on, as is told before figures: a program may stand in for a GPU. */
async function adapterName(): Promise<string> {
  const found = await webgpuDevice().probe();
  if (found.available) return found.description;
  throw new UsageError(`Cannot measure webgpu: ${found.reason}`);
}

await runVerb(table);

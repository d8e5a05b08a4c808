/**
 * `deno task bench:save` and `deno task bench:compare`: keep what was measured, and tell later what
 * got slower.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import { UsageError } from "../core/errors.ts";
import type { Invocation, Option, Verb } from "../core/cli/options.ts";
import type { Io } from "../core/cli/terminal.ts";
import { chosenOf, type Questions, questions } from "./questions.ts";
import {
  type Baseline,
  compareRatios,
  formatChanges,
  parseBaseline,
  type Ratios,
  ratiosOf,
  smallest,
} from "./support/baseline.ts";
import { variantName } from "./support/format.ts";
import { flagChoices, flagsOption, gather } from "./support/gather.ts";
import { formatMachine, provenance } from "./support/machine.ts";
import { runVerb } from "./support/program.ts";

/**
 * Percent by which a ratio may grow. Between runs of one program on two cores, with four to nine times
 * as much other work as they could do, most differ by 1 % and the worst, measured again, by 8 %.
 */
const defaultTolerance = 10;

/** Times that what seems slower is measured again before it is believed. */
const retries = 2;

const watched = chosenOf(questions, ({ isWatched = false }) => isWatched);

const operand = "[name]";
const roundsOption: Option = {
  name: "rounds",
  value: "n",
  description: "Times that everything has its turn; default 10",
};

/** Measures on one thread: on a machine with others on it, times of all threads double by chance. */
async function measureRatios(questions: Questions, invocation: Invocation): Promise<Ratios> {
  return ratiosOf(
    await gather(questions, {
      flags: invocation.choice("flags", flagChoices) ?? "both",
      rounds: invocation.whole("rounds", { min: 1 }) ?? 10,
      turnMs: 20,
      warmUpMs: 100,
      variants: "wasm on one thread",
      devices: ["wasm"],
    }),
  );
}

/** The file of a baseline: `bench/results/baseline.json`, or `bench/results/baseline_<name>.json`. */
function fileOf({ operands: [name, second] }: Invocation): string {
  if (second !== undefined) {
    throw new UsageError(`Cannot use "${second}": one ${operand} is enough`);
  }
  if (name !== undefined && !/^[\w.-]+$/.test(name)) {
    throw new UsageError(
      `Cannot name a baseline "${name}": expected letters, digits, "_", "-", "."`,
    );
  }
  const file = name === undefined ? "baseline.json" : `baseline_${name}.json`;
  return fileURLToPath(new URL(`results/${file}`, import.meta.url));
}

const save: Verb = {
  name: "bench:save",
  summary: "Measure the watched kernels and steps, and keep them as a baseline",
  operand,
  options: [flagsOption, roundsOption],
  notes: "The baseline is bench/results/baseline.json, or baseline_<name>.json.",
  async run(invocation, io) {
    const file = fileOf(invocation);
    const baseline: Baseline = {
      ...await provenance(),
      // twice, so that a long disturbance is in one of them only
      ratios: smallest(
        await measureRatios(watched, invocation),
        await measureRatios(watched, invocation),
      ),
    };
    await Deno.writeTextFile(file, `${JSON.stringify(baseline, null, 2)}\n`);
    io.stdout.write(`${file}: ${Object.keys(baseline.ratios).length} ratios\n`);
    return 0;
  },
};

const compare: Verb = {
  name: "bench:compare",
  summary: "Measure the watched kernels and steps, and compare them with a baseline",
  operand,
  options: [
    flagsOption,
    roundsOption,
    {
      name: "tolerance",
      value: "percent",
      description: `How much longer something may take; default ${defaultTolerance}`,
    },
  ],
  notes:
    "The exit status is 1 when something is slower than the tolerance allows. What seems slower " +
    `is measured again, up to ${retries} times.`,
  async run(invocation, io) {
    const file = fileOf(invocation);
    const baseline = parseBaseline(await readBaseline(file, invocation.operands[0]), file);
    const before = ofFlags(baseline.ratios, invocation);
    const tolerance = (invocation.whole("tolerance", { min: 0 }) ?? defaultTolerance) / 100;
    let after = await measureRatios(watched, invocation);
    let changes = compareRatios([before, after], { tolerance });
    const slower = () => changes.filter(({ verdict }) => verdict === "slower");
    for (let i = 0; i < retries && slower().length > 0; i++) {
      io.stderr.write(`${slower().length} seem slower: they are measured again\n`);
      const names = slower().map(({ name }) => name);
      const suspects = chosenOf(
        watched,
        (one) => [false, true].some((wide) => names.includes(variantName(one.name, wide))),
      );
      after = smallest(after, await measureRatios(suspects, invocation));
      changes = compareRatios([before, after], { tolerance });
    }
    io.stdout.write(formatChanges(changes));
    await tellMachine(baseline, io);
    const count = slower().length;
    io.stdout.write(
      count === 0
        ? `nothing is slower by more than ${100 * tolerance} %\n`
        : `${count} slower by more than ${100 * tolerance} %\n`,
    );
    return count === 0 ? 0 : 1;
  },
};

async function readBaseline(file: string, name: string | undefined): Promise<string> {
  try {
    return await Deno.readTextFile(file);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new UsageError(
      `Cannot find the baseline "${file}"\n  hint: make one with "deno task bench:save${
        name === undefined ? "" : ` ${name}`
      }"`,
    );
  }
}

/** The ratios that were measured with the flags that are asked for. */
function ofFlags(ratios: Ratios, invocation: Invocation): Ratios {
  const flags = invocation.choice("flags", flagChoices) ?? "both";
  return Object.fromEntries(
    Object.entries(ratios).filter(([name]) =>
      flags === "both" || name.endsWith(", wide") === (flags === "wide")
    ),
  );
}

async function tellMachine({ date, machine }: Baseline, io: Io): Promise<void> {
  const here = formatMachine((await provenance()).machine);
  const there = formatMachine(machine);
  io.stdout.write(
    here === there
      ? `\nbaseline of ${date}, of this machine\n`
      : `\nbaseline of ${date}, of another machine: ${there}\nthis machine: ${here}\n`,
  );
}

const [verb, ...args] = Deno.args;
await runVerb(verb === "compare" ? compare : save, args);

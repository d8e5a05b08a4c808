/**
 * `deno task bench:rivals`: the same work done by Millrace, a plain loop, TensorFlow.js, jax-js and
 * PyTorch, in one run. Everyone does every job in a process of its own, and takes turns, so that what
 * else the machine does hits all alike.
 *
 * @module
 */
import type { Verb } from "../../core/cli/options.ts";
import { UsageError } from "../../core/errors.ts";
import { formatMachine, provenance } from "../support/machine.ts";
import { lastWords, wideFlag } from "../support/process.ts";
import { runVerb } from "../support/program.ts";
import {
  columns,
  type Contender,
  type Discipline,
  disciplines,
  findContenders,
} from "./competition.ts";
import { best, formatFigure, formatResults, middle, type Result } from "./results.ts";
import type { Job, Outcome } from "./work.ts";

const rivals: Verb = {
  name: "bench:rivals",
  summary: "Compare with a plain loop, TensorFlow.js, jax-js and PyTorch on the same work",
  operand: "[name ...]",
  options: [
    { name: "rounds", value: "n", description: "Times that everyone does everything; default 3" },
    { name: "seconds", value: "n", description: "Seconds that training is measured; default 2" },
    { name: "work", value: "name", repeatable: true, description: "Only this work: matmul, MLP …" },
    { name: "json", value: "file", description: "Write the figures of every round to a file too" },
  ],
  notes:
    "Names choose who is compared, as millrace or jax. The first run downloads tfjs and jax-js, " +
    "300 MB.\nWith everyone and everything a round takes some four minutes.",
  async run(invocation, io) {
    const { contenders: all, missing } = await findContenders();
    const names = invocation.operands;
    const contenders = chosen(all, names);
    const works = chosen(
      disciplines(invocation.whole("seconds", { min: 1 }) ?? 2),
      invocation.texts("work"),
    );
    if (missing !== undefined) io.stderr.write(missing);
    const rounds = invocation.whole("rounds", { min: 1 }) ?? 3;
    const results = contenders.map(({ name }): Result => ({
      contender: name,
      figures: {},
      failures: {},
    }));
    const from = await provenance();
    const versions: Record<string, string> = { ...from.versions };
    for (let round = 1; round <= rounds; round++) {
      for (const discipline of works) {
        const { only } = discipline;
        for (const [i, contender] of contenders.entries()) {
          if (only?.every((word) => !contender.name.includes(word))) continue;
          const result = results[i]!;
          if (discipline.name in result.failures) continue;
          const told = await measure(contender, discipline, result);
          Object.assign(versions, told.versions);
          io.stderr.write(`round ${round} of ${rounds}: ${contender.name}: ${told.text}\n`);
        }
      }
    }
    const machine = `${formatMachine(from.machine)}, ${from.date}\n`;
    const used = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
    const shown = columns.filter(({ name }) => results.some(({ figures }) => name in figures));
    const table = (take: typeof best) => formatResults(results, { columns: shown, take });
    io.stdout.write(
      `${machine}${used.join(", ")}\nwide: with ${wideFlag}\n\n` +
        `best of ${rounds} round${rounds === 1 ? "" : "s"}\n${table(best)}` +
        (rounds === 1 ? "" : `\nmedian of ${rounds} rounds\n${table(middle)}`),
    );
    const file = invocation.text("json");
    if (file !== undefined) {
      const kept = { ...from, versions, rounds, columns, results };
      await Deno.writeTextFile(file, `${JSON.stringify(kept, null, 2)}\n`);
    }
    return 0;
  },
};

/** Those whose names hold one of the words; all when there are no words. */
function chosen<T extends { readonly name: string }>(
  all: readonly T[],
  words: readonly string[],
): readonly T[] {
  if (words.length === 0) return all;
  const found = all.filter(({ name }) =>
    words.some((word) => name.toLowerCase().includes(word.toLowerCase()))
  );
  if (found.length > 0) return found;
  throw new UsageError(
    `Cannot find "${words.join(" ")}"\n  hint: there are ${all.map(({ name }) => name).join("; ")}`,
  );
}

/** Lets a contender do a job, and keeps its figures, or why it cannot. */
async function measure(
  { start, threads }: Contender,
  { name, work, figures }: Discipline,
  result: Result,
): Promise<{ readonly text: string; readonly versions: Readonly<Record<string, string>> }> {
  const job: Job = { work, threads };
  const startedAt = performance.timeOrigin + performance.now();
  try {
    const [line] = (await start(JSON.stringify(job))).trimEnd().split("\n").slice(-1);
    const outcome: Outcome = JSON.parse(line!);
    const reached = Object.entries(figures(outcome, startedAt));
    for (const [column, value] of reached) (result.figures[column] ??= []).push(value);
    const text = reached.map(([column, value]) => `${column} ${formatFigure(value)}`).join(", ");
    return { text, versions: outcome.versions };
  } catch (error) {
    const message = lastWords((error as Error).message);
    result.failures[name] = message;
    return { text: `${name}: ${message}`, versions: {} };
  }
}

await runVerb(rivals);

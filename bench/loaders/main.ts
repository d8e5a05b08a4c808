/**
 * `deno task bench:loaders`: rows per second of the loaders, of other JavaScript, and of pandas and
 * pyarrow where `python3` can import them, over the same files in one run.
 *
 * @module
 */
import type { Verb } from "../../core/cli/options.ts";
import { formatTable } from "../../core/table.ts";
import { formatFigure } from "../rivals/results.ts";
import { formatMachine, provenance } from "../support/machine.ts";
import { median } from "../support/measure.ts";
import { lastWords, runProgram } from "../support/process.ts";
import { runVerb } from "../support/program.ts";
import { packages } from "./files.ts";
import { formats } from "./formats.ts";

/** Rows a second of one reader, round by round, or why it cannot. */
interface Result {
  readonly format: string;
  readonly reader: string;
  readonly rowsPerSecond: number[];
  failure?: string;
}

const loaders: Verb = {
  name: "bench:loaders",
  summary: "Compare loaders with other JavaScript, pandas and pyarrow, in rows a second",
  operand: "[format ...]",
  options: [
    { name: "rounds", value: "n", description: "Times that everyone reads everything; default 3" },
    { name: "json", value: "file", description: "Write the figures of every round to a file too" },
  ],
  notes: "Words choose formats, as csv or images. The first run downloads packages.",
  async run(invocation, io) {
    const words = invocation.operands.map((word) => word.toLowerCase());
    const chosen = formats.filter(({ name }) =>
      words.length === 0 || words.some((word) => name.toLowerCase().includes(word))
    );
    const rounds = invocation.whole("rounds", { min: 1 }) ?? 3;
    const results = chosen.flatMap(({ name, readers, python }) =>
      [...Object.keys(readers), ...Object.keys(python)].map((reader): Result => ({
        format: name,
        reader,
        rowsPerSecond: [],
      }))
    );
    // a first round, which warms up, does not count
    for (let round = 0; round <= rounds; round++) {
      for (const { name, rows, file, readers, python } of chosen) {
        const path = await file();
        const told = async (reader: string, measure: () => Promise<number>) => {
          const result = results.find((one) => one.format === name && one.reader === reader)!;
          if (result.failure !== undefined) return;
          try {
            const seconds = await measure();
            if (round > 0) result.rowsPerSecond.push(rows / seconds);
          } catch (error) {
            result.failure = lastWords((error as Error).message);
          }
        };
        for (const [reader, read] of Object.entries(readers)) {
          await told(reader, async () => {
            const started = performance.now();
            await read(path);
            return (performance.now() - started) / 1000;
          });
        }
        for (const [reader, code] of Object.entries(python)) {
          await told(reader, () => pythonSeconds(code, path));
        }
      }
      io.stderr.write(`round ${round} of ${rounds} is done\n`);
    }
    const from = await provenance();
    const versions = { ...from.versions, ...packages, ...await pythonVersions() };
    io.stdout.write(
      `${formatMachine(from.machine)}, ${from.date}\n` +
        `${
          Object.entries(versions).map(([name, version]) => `${name} ${version}`).join(", ")
        }\n\n` +
        `rows a second, median and best of ${rounds}\n${
          formatTable(tableOf(results), {
            right: [2, 3],
          })
        }`,
    );
    const out = invocation.text("json");
    if (out !== undefined) {
      const kept = { ...from, versions, rounds, results };
      await Deno.writeTextFile(out, `${JSON.stringify(kept, null, 2)}\n`);
    }
    return 0;
  },
};

function tableOf(results: readonly Result[]): string[][] {
  return results.map(({ format, reader, rowsPerSecond, failure }) => [
    format,
    reader,
    ...(failure === undefined
      ? [formatFigure(median(rowsPerSecond)), formatFigure(Math.max(...rowsPerSecond))]
      : [`cannot: ${failure}`, ""]),
  ]);
}

/** Reads once to warm up, and once that counts. */
async function pythonSeconds(code: string, path: string): Promise<number> {
  const program = `import time, sys, numpy\ntry:\n  import pandas\nexcept ImportError:\n  pass\n` +
    `path = sys.argv[1]\nfor _ in range(2):\n  started = time.perf_counter()\n` +
    `  ${code}\n  seconds = time.perf_counter() - started\nprint(seconds)`;
  return Number((await runProgram("python3", { args: ["-c", program, path] })).trim());
}

async function pythonVersions(): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const name of ["pandas", "pyarrow", "numpy"]) {
    try {
      const args = ["-c", `import ${name}; print(${name}.__version__)`];
      found[name] = (await runProgram("python3", { args })).trim();
    } catch {
      found[name] = "absent";
    }
  }
  return found;
}

await runVerb(loaders);

/**
 * How long does a process take from its start to the first training step, and to its end? Deno's own
 * start is in it.
 *
 * @module
 */
import type { Outcome, TrainWork } from "./rivals/work.ts";
import { type BenchCase, register, threadCounts, threadsName } from "./support/case.ts";
import { runModule } from "./support/process.ts";

/** A network's first step on images made in memory. */
const firstStep: TrainWork = { kind: "train", network: "mlp", batch: 32, rows: 128, seconds: 0 };

async function nanosecondsToFirstStep(threads: number): Promise<number> {
  const started = performance.timeOrigin + performance.now();
  const job = JSON.stringify({ work: firstStep, threads });
  const { training }: Outcome = JSON.parse(
    await runModule("bench/rivals/millrace.ts", { args: [job] }),
  );
  return (training!.firstStepAt - started) * 1e6;
}

/** `deno task train`, without the task. */
const trainMnist = [
  ..."train pipelines/mnist.ts --epochs 1 --limit 32 --no-run --quiet --threads".split(" "),
];

/** A program that does little, in a process of its own. */
function program(name: string, module: string): BenchCase {
  return {
    name,
    variants: [{
      name: "whole process",
      threads: 1,
      prepare: () => ({ run: async () => void await runModule(`bench/support/${module}.ts`) }),
    }],
  };
}

/** The cases. */
export const cases: readonly BenchCase[] = [
  program("an empty program, to its end", "empty"),
  program("an import of zod, to the end", "import_zod"),
  program("an import of Millrace, to the end", "import_all"),
  {
    name: "the network of mnist.ts, to the first step",
    variants: threadCounts.map((threads) => ({
      name: threadsName(threads),
      threads,
      device: "wasm",
      isSelfTimed: true,
      prepare: () => ({ run: () => nanosecondsToFirstStep(threads) }),
    })),
  },
  {
    name: "train pipelines/mnist.ts with 32 rows, to the end",
    variants: threadCounts.map((threads) => ({
      name: threadsName(threads),
      threads,
      device: "wasm",
      prepare: () => ({
        run: async () =>
          void await runModule("core/cli/main.ts", { args: [...trainMnist, String(threads)] }),
      }),
    })),
  },
];

await register(cases, import.meta);

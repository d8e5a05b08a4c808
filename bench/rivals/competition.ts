/**
 * Who is compared, and with what.
 *
 * @module
 */
import { allThreads } from "../support/case.ts";
import { lastWords, runModule, runProgram } from "../support/process.ts";
import type { Job, Outcome, TrainWork } from "./work.ts";

/** A program that does jobs. */
export interface Contender {
  readonly name: string;
  readonly threads: number;
  /** Starts it with a job; gives what it writes. */
  start(job: string): Promise<string>;
}

/** One and all threads, where that is more. */
const counts = [...new Set([1, allThreads])];

function threadsText(threads: number): string {
  return `${threads} thread${threads === 1 ? "" : "s"}`;
}

function ofModule(
  name: string,
  { module, threads = 1, args = [], wide }: {
    readonly module: string;
    readonly threads?: number;
    readonly args?: readonly string[];
    readonly wide?: boolean;
  },
): Contender {
  return {
    name,
    threads,
    start: (job) =>
      runModule(`bench/rivals/${module}.ts`, {
        args: [job, ...args],
        wide: wide ?? false,
      }),
  };
}

/** Everyone who needs nothing but Deno. */
const always: readonly Contender[] = [
  ...[false, true].flatMap((wide) =>
    counts.map((threads) =>
      ofModule(`millrace, ${threadsText(threads)}${wide ? ", wide" : ""}`, {
        module: "millrace",
        threads,
        wide,
      })
    )
  ),
  ofModule("plain loop", { module: "loop" }),
  ofModule("tfjs cpu", { module: "tfjs", args: ["cpu"] }),
  ofModule("tfjs wasm", { module: "tfjs", args: ["wasm"] }),
  ...counts.map((threads) =>
    ofModule(`jax-js, ${threadsText(threads)}`, { module: "jax", threads })
  ),
];

/** PyTorch, where Python has it. */
const pytorch: readonly Contender[] = counts.map((threads) => ({
  name: `pytorch, ${threadsText(threads)}`,
  threads,
  start: (job) => runProgram("python3", { args: ["bench/rivals/pytorch.py", job] }),
}));

/** Everyone who can be started here; `missing` says who cannot, and how to change that. */
export async function findContenders(): Promise<{
  readonly contenders: readonly Contender[];
  readonly missing: string | undefined;
}> {
  try {
    await runProgram("python3", { args: ["-c", "import torch"] });
    return { contenders: [...always, ...pytorch], missing: undefined };
  } catch (error) {
    const why = lastWords((error as Error).message);
    const missing = `pytorch is not compared: ${why}\n` +
      "  to add it: pip install torch==2.13.0, so that python3 can import it\n";
    return { contenders: always, missing };
  }
}

/** One job that everyone gets, and what is read off the answer. */
export interface Discipline {
  readonly name: string;
  readonly work: Job["work"];
  /** Words of the names of those who have it; everyone when absent. */
  readonly only?: readonly string[];
  /** Figures by column. */
  figures(outcome: Outcome, startedAt: number): Readonly<Record<string, number>>;
}

/** A figure of the result: its unit, and whether more of it is better. */
export interface Column {
  readonly name: string;
  readonly unit: string;
  readonly isBetterLarge: boolean;
}

const matmulSizes = [256, 512, 1024];

/** Every figure, in the order of the tables. */
export const columns: readonly Column[] = [
  ...matmulSizes.map((n) => ({ name: `matmul ${n}`, unit: "GFLOP/s", isBetterLarge: true })),
  ...["MLP 32", "MLP 128", "LeNet 64", "LSTM 64"].map((name) => ({
    name,
    unit: "samples/s",
    isBetterLarge: true,
  })),
  { name: "first step", unit: "s", isBetterLarge: false },
  { name: "memory", unit: "MB", isBetterLarge: false },
];

/** The jobs, `seconds` of each measured. */
export function disciplines(seconds: number): Discipline[] {
  const training = (
    name: string,
    work: Pick<TrainWork, "network" | "batch">,
  ): Discipline => ({
    name,
    // 59,904 rows: whole batches of every size
    work: { kind: "train", rows: 59_904, seconds, ...work },
    figures: ({ training }) => ({ [name]: training!.samplesPerSecond }),
  });
  const mlp = training("MLP 32", { network: "mlp", batch: 32 });
  return [
    {
      name: "matmul",
      work: { kind: "matmul", sizes: matmulSizes, seconds: seconds / 4 },
      figures: ({ gflops }) =>
        Object.fromEntries(
          Object.entries(gflops!).map(([n, value]) => [`matmul ${n}`, value]),
        ),
    },
    {
      ...mlp,
      figures: (outcome, startedAt) => ({
        ...mlp.figures(outcome, startedAt),
        ...(outcome.peakBytes === null ? {} : { memory: outcome.peakBytes / 1e6 }),
      }),
    },
    training("MLP 128", { network: "mlp", batch: 128 }),
    training("LeNet 64", { network: "lenet", batch: 64 }),
    { ...training("LSTM 64", { network: "lstm", batch: 64 }), only: ["millrace", "pytorch"] },
    {
      name: "first step",
      work: { kind: "train", network: "mlp", batch: 32, rows: 128, seconds: 0 },
      figures: ({ training }, startedAt) => ({
        "first step": (training!.firstStepAt - startedAt) / 1000,
      }),
    },
  ];
}

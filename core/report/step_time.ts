/**
 * Where the time of a training step goes. A plan is one function on the device, so nothing can be
 * timed inside it; instead the step is taken command by command, each a plan of its own over the
 * same memory. That is the same work on the same numbers in the same order, with a clock in between;
 * what it adds (the call of each piece, and with threads their start) is seen by comparing the sum
 * with the step as a whole, which is timed alternately with it.
 *
 * @module
 */
import { permutation } from "../tensor/mod.ts";
import type { Plan } from "../plan/mod.ts";
import type { Executable } from "../devices/mod.ts";
import { type Engine, type Feed, openFeed, type Program } from "../execute/mod.ts";

/** Seconds of a training step, medians over the rounds. */
export interface StepTime {
  readonly batchSize: number;
  readonly rounds: number;
  /** The whole step on the device. */
  readonly step: number;
  /** Reading a batch and leaving it where the device reads it. */
  readonly feed: number;
  readonly parts: readonly PartTime[];
}

/** Seconds of the commands that do the work of the same stages. */
export interface PartTime {
  /** Stage paths; several where one kernel does the work of several stages. */
  readonly paths: readonly string[];
  readonly forward: number;
  readonly backward: number;
}

/** Seconds that measuring may take, and rounds it takes whatever their time. */
const budget = 0.3;
const fewestRounds = 3;
const mostRounds = 100;

/**
 * Times the parts of a training step by taking some steps. Changes the engine's variables.
 *
 * @returns `null` when the pipeline does not train, or has no training split.
 */
export async function measureStep(
  engine: Engine,
  { limit }: { readonly limit?: number | undefined },
): Promise<StepTime | null> {
  const { batchSize: wanted } = engine.checked.resolved.run;
  const first = await engine.program("train", wanted);
  const feed = await openFeed(engine.checked, { inputs: first.traced.data, split: "train", limit });
  if (feed === null) return null;
  try {
    const batchSize = Math.min(wanted, feed.rows);
    const program = batchSize === wanted ? first : await engine.program("train", batchSize);
    return await measure(engine, { program, feed, batchSize });
  } finally {
    feed.close();
  }
}

async function measure(
  engine: Engine,
  { program, feed, batchSize }: {
    readonly program: Program;
    readonly feed: Feed;
    readonly batchSize: number;
  },
): Promise<StepTime> {
  const { plan } = program;
  const pieces: Executable[] = [];
  for (const command of plan.commands) {
    pieces.push(await engine.session.prepare({ ...plan, inputs: [], commands: [command] }));
  }
  const { seed } = engine.checked.resolved.run;
  const order = permutation(feed.rows, { seed, path: "shuffle", epoch: 0 });
  const batches = Math.floor(feed.rows / batchSize);
  const times = {
    feed: [] as number[],
    step: [] as number[],
    pieces: pieces.map((): number[] => []),
  };
  const round = async (number: number) => {
    const start = (number % batches) * batchSize;
    const rows = order.subarray(start, start + batchSize);
    const step = number + 1;
    const before = performance.now();
    let filled = before;
    await engine.run(program, {
      step,
      async fill(windows) {
        await feed.fill({ rows, epoch: 0, step }, windows);
        filled = performance.now();
      },
    });
    let last = performance.now();
    times.feed.push(filled - before);
    times.step.push(last - filled);
    for (const [i, piece] of pieces.entries()) {
      const running = piece.run();
      if (running instanceof Promise) await running;
      const now = performance.now();
      times.pieces[i]!.push(now - last);
      last = now;
    }
    return (last - before) / 1000;
  };

  // The first rounds compile, and touch the data for the first time.
  await round(0);
  const seconds = await round(1);
  const rounds = Math.max(fewestRounds, Math.min(mostRounds, Math.floor(budget / seconds)));
  for (const list of [times.feed, times.step, ...times.pieces]) list.length = 0;
  for (let i = 0; i < rounds; i++) await round(i + 2);
  return {
    batchSize,
    rounds,
    step: median(times.step),
    feed: median(times.feed),
    parts: partsOf(plan, times.pieces.map(median)),
  };
}

/** Seconds by the stages that commands work for, the longest first. */
function partsOf({ commands }: Plan, seconds: readonly number[]): PartTime[] {
  const parts = new Map<string, { paths: readonly string[]; forward: number; backward: number }>();
  for (const [i, { paths, backward }] of commands.entries()) {
    const sorted = paths.toSorted();
    const key = JSON.stringify(sorted);
    const part = parts.get(key) ?? { paths: sorted, forward: 0, backward: 0 };
    part[backward ? "backward" : "forward"] += seconds[i]!;
    parts.set(key, part);
  }
  return [...parts.values()].sort((a, b) => b.forward + b.backward - a.forward - a.backward);
}

/** The median of times in milliseconds, in seconds. */
function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]! / 1000;
}

/**
 * Where the time of a training step goes, for the report of a run that was not profiled itself: some
 * steps are taken again, with the same clock that `train` profiles with.
 *
 * @module
 */
import {
  type Engine,
  type Feed,
  fitStages,
  openFeed,
  Profiler,
  type Program,
  shuffled,
  type StepProfile,
  type TrainProfile,
} from "../execute/mod.ts";

/** Seconds that measuring may take, and steps it takes whatever their time. */
const budget = 0.3;
const fewestSteps = 3;
const mostSteps = 400;

/**
 * Measures training steps by taking some, on an engine with a clock. Changes the engine's variables.
 *
 * @returns `null` when the pipeline has no training split, or the device no clock.
 */
export async function measureStep(
  engine: Engine,
  { limit = Infinity }: { readonly limit?: number | undefined },
): Promise<StepProfile | null> {
  const { batchSize: wanted } = engine.checked.resolved.run;
  const first = await engine.program("train", wanted);
  if (first.executable.times === undefined) return null;
  // numbers in the place of what is fitted do not change times, but host stages need theirs
  await fitStages(engine, { limit, traced: false });
  const feed = await openFeed(engine, {
    inputs: first.traced.data,
    split: "train",
    // no loader need read more than is stepped over
    limit: Math.min(limit, mostSteps * wanted),
  });
  if (feed === null) return null;
  try {
    const batchSize = Math.min(wanted, feed.rows);
    const program = batchSize === wanted ? first : await engine.program("train", batchSize);
    const profile = await measure(engine, { program, feed, batchSize });
    return profile?.step ?? null;
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
): Promise<TrainProfile | null> {
  const { seed } = engine.checked.resolved.run;
  const order = shuffled(feed.rows, { seed, epoch: 0, blocks: feed.blocks });
  const batches = Math.floor(feed.rows / batchSize);
  let step = 0;
  const take = async (profiler: Profiler) => {
    const started = performance.now();
    const start = (step++ % batches) * batchSize;
    const rows = order.subarray(start, start + batchSize);
    const filling = profiler.feed(() =>
      feed.fill({ rows, epoch: 0, step }, engine.inputs(program))
    );
    if (filling instanceof Promise) await filling;
    await engine.run(program, step);
    profiler.step(program);
    return (performance.now() - started) / 1000;
  };
  // the first steps compile, and touch the data for the first time
  const first = new Profiler(null);
  await take(first);
  const seconds = await take(first);
  const profiler = new Profiler(null);
  const steps = Math.max(fewestSteps, Math.min(mostSteps, Math.floor(budget / seconds)));
  for (let i = 0; i < steps; i++) await take(profiler);
  return profiler.profile();
}

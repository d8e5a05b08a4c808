/**
 * Losses and metrics of a split.
 *
 * @module
 */
import { traceFor } from "../check/mod.ts";
import type { Split } from "../declare/mod.ts";
import type { KeptRows } from "../devices/mod.ts";
import type { Engine } from "./engine.ts";
import { type Feed, openFeed } from "./feed.ts";
import { passOver } from "./pass.ts";
import { type GatheredScores, ScoreKeeper } from "./scores.ts";

/** Computes losses and metrics over a split; `null` when there is no such split. */
export async function evaluateSplit(
  engine: Engine,
  { split, limit, signal }: {
    readonly split: Split;
    readonly limit?: number | undefined;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<GatheredScores & { readonly rows: number } | null> {
  const feed = await openEvaluation(engine, { split, limit });
  if (feed === null) return null;
  try {
    return { ...await evaluateFeed(engine, feed, { signal }), rows: feed.rows };
  } finally {
    feed.close();
  }
}

/** Opens what losses and metrics need of a split; `null` when there is no such split. */
export async function openEvaluation(
  engine: Engine,
  { split, limit }: { readonly split: Split; readonly limit?: number | undefined },
): Promise<Feed | null> {
  // inputs are the same for every batch size, and of this one they are known
  const { batchSize } = engine.checked.resolved.run;
  const { data: inputs } = traceFor(engine.checked, { purpose: "evaluate", batchSize });
  return await openFeed(engine, { inputs, split, limit });
}

/**
 * Computes losses and metrics over opened data; over a part of it when the signal stops it.
 *
 * @param options.kept The feed's rows, where they are on the device.
 */
export async function evaluateFeed(
  engine: Engine,
  feed: Feed,
  { kept = null, signal }: {
    readonly kept?: KeptRows | null;
    readonly signal?: AbortSignal | undefined;
  } = {},
): Promise<GatheredScores> {
  const { evaluateBatchSize } = engine.checked.resolved.run;
  const { traced } = await engine.program("evaluate", evaluateBatchSize);
  const keeper = new ScoreKeeper(traced);
  for await (const { rows, read } of passOver(engine, feed, { purpose: "evaluate", kept })) {
    await keeper.add(read, rows);
    if (signal?.aborted) break;
  }
  return keeper.scores();
}

/**
 * A pass of a program over all rows of a feed, in their order and without updates: what evaluating,
 * fitting and predicting have in common.
 *
 * @module
 */
import type { Purpose } from "../check/mod.ts";
import type { KeptRows } from "../devices/mod.ts";
import { Batches, BatchOrder } from "./batches.ts";
import type { Engine, Program } from "./engine.ts";
import type { Feed } from "./feed.ts";
import type { BatchColumns } from "./fill.ts";
import { inOrder } from "./order.ts";
import { Pace } from "./pace.ts";

/** A batch that a program has run over. */
export interface PassedBatch {
  readonly program: Program;
  /** Number of the batch's first row. */
  readonly start: number;
  readonly rows: number;
  /**
   * What the feed gave, by the names of its inputs; it changes with the next batch. Nothing where the
   * rows are on the device.
   */
  readonly columns: BatchColumns;
}

/**
 * Runs a purpose's program over all batches of a feed.
 *
 * @param options.kept The feed's rows, where they are on the device.
 */
export async function* passOver(
  engine: Engine,
  feed: Feed,
  { purpose, kept = null }: { readonly purpose: Purpose; readonly kept?: KeptRows | null },
): AsyncGenerator<PassedBatch> {
  const { evaluateBatchSize } = engine.checked.resolved.run;
  const order = new BatchOrder(inOrder(feed.rows), { batchSize: evaluateBatchSize });
  const batches = new Batches(feed, { order, kept });
  const pace = new Pace();
  const targets = new Map<Program, BatchColumns>();
  try {
    for (let index = 0; index < order.count; index++) {
      const turn = pace.turn();
      if (turn !== null) await turn;
      const rows = order.size(index);
      const program = await engine.program(purpose, rows);
      let columns = targets.get(program);
      if (columns === undefined) {
        // a feed may have inputs that the program does not read
        columns = new Map([...feed.columns(rows), ...engine.inputs(program)]);
        targets.set(program, columns);
      }
      const filled = batches.fill(index, columns);
      if (filled instanceof Promise) await filled;
      const ran = engine.run(program, 0, batches.kept(index));
      if (ran instanceof Promise) await ran;
      pace.count(rows);
      yield { program, start: index * evaluateBatchSize, rows, columns };
    }
  } finally {
    await batches.settle();
  }
}

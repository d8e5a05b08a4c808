/**
 * A pass of a program over all rows of a feed, in their order and without updates: what evaluating,
 * fitting and predicting have in common. Where a device has a queue, batches are run ahead of what is
 * read of them.
 *
 * @module
 */
import { type Elements, formatSpec } from "../tensor/mod.ts";
import { type CheckedPipeline, type Purpose, type SequenceSteps, traceFor } from "../check/mod.ts";
import type { KeptRows } from "../devices/mod.ts";
import { batchPrograms } from "./batch_programs.ts";
import { Batches, BatchOrder } from "./batches.ts";
import type { Engine, Program } from "./engine.ts";
import type { Feed } from "./feed.ts";
import type { BatchColumns } from "./fill.ts";
import { inOrder } from "./order.ts";
import { Pace } from "./pace.ts";
import { RowLengths } from "./row_lengths.ts";

/** A batch of a pass. */
interface Batch {
  readonly program: Program;
  /** Number of the batch's first row. */
  readonly start: number;
  readonly rows: number;
}

/** A batch that a program has run over. */
export interface PassedBatch extends Batch {
  /** An output of the program, by its name; it may change with the next batch. */
  readonly read: (name: string) => Elements | Promise<Elements>;
}

/** How a pass is made. */
export interface PassOptions {
  readonly purpose: Purpose;
  /** The feed's rows, where they are on the device. */
  readonly kept?: KeptRows | null;
  /**
   * Takes what the feed gives for a batch, by the names of its inputs, before the program runs over it;
   * it changes with the next batch. Not called where the rows are on the device.
   */
  readonly onGiven?: (columns: BatchColumns, batch: Pick<Batch, "start" | "rows">) => void;
}

/** Runs a purpose's program over all batches of a feed. */
export async function* passOver(
  engine: Engine,
  feed: Feed,
  { purpose, kept = null, onGiven }: PassOptions,
): AsyncGenerator<PassedBatch> {
  const { evaluateBatchSize } = engine.checked.resolved.run;
  const order = new BatchOrder(inOrder(feed.rows), { batchSize: evaluateBatchSize });
  const lengths = await lengthsOf(engine, feed, purpose);
  const programs = await batchPrograms(engine, order, { purpose, lengths });
  const batches = new Batches(feed, { order, kept });
  const pace = new Pace();
  const targets = new Map<Program, BatchColumns>();
  // batches of one program that were run and not read
  const queued: Batch[] = [];
  try {
    for (let index = 0; index < order.count; index++) {
      const turn = pace.turn();
      if (turn !== null) await turn;
      const rows = order.size(index);
      const program = programs(index);
      let columns = targets.get(program);
      if (columns === undefined) {
        // a feed may have inputs that the program does not read
        columns = new Map([...feed.columns(rows), ...engine.inputs(program)]);
        targets.set(program, columns);
      }
      const filled = batches.fill(index, columns);
      if (filled instanceof Promise) await filled;
      const batch = { program, start: index * evaluateBatchSize, rows };
      if (kept === null) onGiven?.(columns, batch);
      const { queue } = program.executable;
      if (queue === undefined) {
        const ran = engine.run(program, 0, batches.kept(index));
        if (ran instanceof Promise) await ran;
        pace.count(rows);
        yield { ...batch, read: (name) => engine.read(program, name) };
        continue;
      }
      engine.enqueue(program, 0, batches.kept(index));
      queued.push(batch);
      pace.count(rows);
      const isLast = index === order.count - 1 || programs(index + 1) !== program;
      if (isLast || queued.length === queue.most || pace.reportIsDue) {
        yield* collect(engine, queued.splice(0));
        pace.report();
      }
    }
  } finally {
    await batches.settle();
  }
}

/** What the queued runs over batches of one program gave. */
async function* collect(engine: Engine, batches: readonly Batch[]): AsyncGenerator<PassedBatch> {
  const outputs = await engine.collect(batches[0]!.program);
  for (const [i, batch] of batches.entries()) {
    yield { ...batch, read: (name) => outputs[i]!.get(name)! };
  }
}

/** Lengths of the rows of feeds that were measured. */
const measured = new WeakMap<Feed, Promise<RowLengths | null>>();

/**
 * How long the sequences of a feed are, measured once; `null` where that makes no difference, or what is
 * wanted has another shape for each number of steps.
 */
async function lengthsOf(
  { checked }: Pick<Engine, "checked">,
  feed: Feed,
  purpose: Purpose,
): Promise<RowLengths | null> {
  if (checked.sequences.length === 0) return null;
  // of an evaluation nothing is wanted but sums
  if (typeof purpose === "object" && !hasOneShape(checked, purpose)) return null;
  const known = measured.get(feed) ?? RowLengths.measure({ checked }, feed);
  measured.set(feed, known);
  return await known;
}

/** Whether what a program gives has the same shape for the fewest steps as for the most. */
function hasOneShape(checked: CheckedPipeline, purpose: Exclude<Purpose, string>): boolean {
  if ("fit" in purpose) return false;
  const shapesOf = (steps?: SequenceSteps) =>
    traceFor(checked, { purpose, batchSize: 1, steps }).graph.outputs
      .map(({ value: { spec } }) => formatSpec(spec)).join();
  const fewest = checked.sequences.map(({ path, steps }) => [path, steps[0]!]);
  return shapesOf() === shapesOf(Object.fromEntries(fewest));
}

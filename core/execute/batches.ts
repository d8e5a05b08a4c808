/**
 * The batches of one pass over a feed. Where a feed takes its time (files, decoding, a network), the
 * next batch is asked for before the current one is computed with, so that it comes in meanwhile, or
 * the next few, where a feed reads several at a time; where everything is there at once, batches go
 * straight to where the program reads them.
 *
 * @module
 */
import type { KeptBatch, KeptRows } from "../devices/mod.ts";
import type { Feed } from "./feed.ts";
import type { BatchColumns, BatchPlace } from "./fill.ts";

/** How rows are cut into batches. */
export interface Cut {
  readonly batchSize: number;
  /** Whether a last batch that is not full is kept, as it is when absent. */
  readonly lastBatch?: "keep" | "drop";
}

/** Number of batches that rows are cut into. */
export function countBatches(rows: number, { batchSize, lastBatch = "keep" }: Cut): number {
  return lastBatch === "drop" ? Math.floor(rows / batchSize) : Math.ceil(rows / batchSize);
}

/** An order of rows, cut into batches. */
export class BatchOrder {
  /** Number of batches. */
  readonly count: number;
  readonly #rows: Uint32Array;
  readonly #batchSize: number;
  readonly #epoch: number;
  readonly #stepsBefore: number | null;

  /**
   * Takes the order.
   *
   * @param rows Row numbers; the last batch may be shorter.
   * @param options.epoch Epoch that it is the order of; 0 outside training.
   * @param options.stepsBefore Steps taken before the first batch's; `null` outside training.
   */
  constructor(
    rows: Uint32Array,
    options: Cut & { readonly epoch?: number; readonly stepsBefore?: number | null },
  ) {
    const { batchSize, epoch = 0, stepsBefore = null } = options;
    this.count = countBatches(rows.length, options);
    this.#rows = rows;
    this.#batchSize = batchSize;
    this.#epoch = epoch;
    this.#stepsBefore = stepsBefore;
  }

  /** Number of rows of a batch. */
  size(index: number): number {
    return Math.min(this.#batchSize, this.#rows.length - index * this.#batchSize);
  }

  /** Where a batch is in the run. */
  place(index: number): BatchPlace {
    const begin = index * this.#batchSize;
    return {
      rows: this.#rows.subarray(begin, begin + this.size(index)),
      epoch: this.#epoch,
      step: this.#stepsBefore === null ? 0 : this.#stepsBefore + index + 1,
    };
  }
}

/** A batch that was asked for ahead of its turn. */
interface Ahead {
  readonly index: number;
  readonly columns: BatchColumns;
  /** Rejects where the batch cannot be read, which is told when its turn comes. */
  readonly done: Promise<void>;
}

/** Reads the batches of an order, one after the other. */
export class Batches {
  readonly #feed: Feed;
  readonly #order: BatchOrder;
  readonly #kept: KeptRows | null;
  /** Where batches that come early wait, those that are free, by their size. */
  readonly #free = new Map<number, BatchColumns[]>();
  /** Batches in their order; the first is the next to be taken. */
  readonly #ahead: Ahead[] = [];

  /**
   * Reads nothing yet.
   *
   * @param options.kept The feed's rows, where they are on the device: then nothing is read.
   */
  constructor(
    feed: Feed,
    { order, kept }: { readonly order: BatchOrder; readonly kept: KeptRows | null },
  ) {
    this.#feed = feed;
    this.#order = order;
    this.#kept = kept;
  }

  /**
   * Leaves a batch in the arrays of `columns`, by the names of the feed's inputs. Batches are asked
   * for in their order, each after the program has run over the one before.
   *
   * @returns A promise only where the feed takes its time.
   */
  fill(index: number, columns: BatchColumns): void | Promise<void> {
    if (this.#kept !== null) return;
    if (this.#ahead[0]?.index === index) return this.#take(this.#ahead.shift()!, columns);
    const filled = this.#feed.fill(this.#order.place(index), columns);
    if (!(filled instanceof Promise)) return;
    this.#askAfter(index, this.#feed.batchesAtOnce - 1);
    return filled.then(() => this.#askAfter(index, this.#feed.batchesAtOnce));
  }

  /** A batch of rows that are on the device; else what is filled is there. */
  kept(index: number): KeptBatch | undefined {
    const kept = this.#kept;
    return kept === null ? undefined : { kept, rows: this.#order.place(index).rows };
  }

  /** Waits for what was asked for ahead, and drops it: the pass ends before its turn. */
  async settle(): Promise<void> {
    const ahead = this.#ahead.splice(0);
    await Promise.allSettled(ahead.map(({ done }) => done));
  }

  async #take({ index, columns: waiting, done }: Ahead, columns: BatchColumns): Promise<void> {
    await done;
    for (const [name, column] of waiting) columns.get(name)?.set(column);
    this.#freeOf(this.#order.size(index)).push(waiting);
    this.#askAfter(index, this.#feed.batchesAtOnce);
  }

  /** Asks for the batches behind one, as many as may be read at a time. */
  #askAfter(index: number, most: number): void {
    while (this.#ahead.length < most) {
      const next = (this.#ahead.at(-1)?.index ?? index) + 1;
      if (next >= this.#order.count) return;
      const place = this.#order.place(next);
      const size = place.rows.length;
      const columns = this.#freeOf(size).pop() ?? this.#feed.columns(size);
      const done = this.#fillLater(place, columns);
      // it is told when its turn comes, if it does
      done.catch(() => {});
      this.#ahead.push({ index: next, columns, done });
    }
  }

  #freeOf(size: number): BatchColumns[] {
    const known = this.#free.get(size);
    if (known !== undefined) return known;
    const made: BatchColumns[] = [];
    this.#free.set(size, made);
    return made;
  }

  async #fillLater(place: BatchPlace, columns: BatchColumns): Promise<void> {
    await this.#feed.fill(place, columns);
  }
}

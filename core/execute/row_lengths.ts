/**
 * How long the sequences of rows are: batches are made of rows of like lengths, and each batch is computed
 * by the program of the fewest steps that hold its longest row.
 *
 * @module
 */
import type { SequenceStage, SequenceSteps } from "../check/mod.ts";
import { BatchOrder } from "./batches.ts";
import type { Engine } from "./engine.ts";
import type { Feed } from "./feed.ts";
import { inOrder } from "./order.ts";

/** Rows that are read at a time to be measured. */
const blockRows = 256;

/** Which program each row of a feed needs. */
export class RowLengths {
  readonly #stages: readonly SequenceStage[];
  /** By stage: of each row, which of the stage's numbers of steps holds it. */
  readonly #places: readonly Uint8Array[];

  private constructor(stages: readonly SequenceStage[], places: readonly Uint8Array[]) {
    this.#stages = stages;
    this.#places = places;
  }

  /**
   * Passes over a feed and measures its rows; `null` where no stage of the pipeline cuts sequences.
   *
   * @param signal Ends it before its end.
   */
  static async measure(
    { checked }: Pick<Engine, "checked">,
    feed: Feed,
    signal?: AbortSignal | undefined,
  ): Promise<RowLengths | null> {
    const stages = checked.sequences;
    if (stages.length === 0) return null;
    const places = stages.map(() => new Uint8Array(feed.rows));
    const order = new BatchOrder(inOrder(feed.rows), { batchSize: blockRows });
    const wires = Object.fromEntries(stages.map(({ path, wire }) => [path, wire]));
    for (let index = 0; index < order.count && signal?.aborted !== true; index++) {
      const given = await feed.give(order.place(index), wires);
      for (const [i, { path, steps, lengthOf }] of stages.entries()) {
        const { data } = given[path]!;
        const rows = order.size(index);
        const width = data.length / rows;
        for (let row = 0; row < rows; row++) {
          const length = lengthOf(data.subarray(row * width, (row + 1) * width));
          const place = steps.findIndex((count) => count >= length);
          places[i]![index * blockRows + row] = place < 0 ? steps.length - 1 : place;
        }
      }
    }
    return new RowLengths(stages, places);
  }

  /** The steps that a batch of rows needs; `undefined` where it needs the most. */
  stepsOf(rows: Uint32Array): SequenceSteps | undefined {
    let isMost = true;
    const chosen = this.#stages.map(({ path, steps }, i): [string, number] => {
      let place = 0;
      for (const row of rows) place = Math.max(place, this.#places[i]![row]!);
      isMost &&= place === steps.length - 1;
      return [path, steps[place]!];
    });
    return isMost ? undefined : Object.fromEntries(chosen);
  }

  /**
   * Puts rows that need the same program together: a batch is full as soon as there are enough of them,
   * in the order given; those that are left in the end are sorted by what they need.
   */
  group(order: Uint32Array, batchSize: number): Uint32Array {
    const waiting = new Map<number, number[]>();
    const grouped = new Uint32Array(order.length);
    let end = 0;
    for (const row of order) {
      const key = this.#keyOf(row);
      const rows = waiting.get(key) ?? [];
      waiting.set(key, rows);
      rows.push(row);
      if (rows.length < batchSize) continue;
      grouped.set(rows, end);
      end += rows.length;
      rows.length = 0;
    }
    for (const [, rows] of [...waiting].sort(([a], [b]) => a - b)) {
      grouped.set(rows, end);
      end += rows.length;
    }
    return grouped;
  }

  /** A number for each choice of steps, the larger the more steps. */
  #keyOf(row: number): number {
    return this.#stages.reduce(
      (key, { steps }, i) => key * steps.length + this.#places[i]![row]!,
      0,
    );
  }
}

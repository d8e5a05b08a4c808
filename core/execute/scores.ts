/**
 * Losses and metrics gathered over batches: sums in float64, columns whole, so that they do not depend
 * on batch size.
 *
 * @module
 */
import type { Elements, HostTensor } from "../tensor/mod.ts";
import type { Score } from "../declare/mod.ts";
import type { MetricColumn, TracedGraph } from "../check/mod.ts";
import { Column } from "./column.ts";
import type { Scores, ScoreTables } from "./types.ts";

/** What was gathered in a pass over data, as it is kept in a checkpoint. */
export interface ScoreState {
  readonly rows: number;
  readonly sums: Readonly<Record<string, readonly number[]>>;
  readonly columns: Readonly<Record<string, HostTensor>>;
}

/** Scores of a pass: the losses (their mean by row) and metrics that are numbers, and those that are tables. */
export interface GatheredScores {
  readonly scores: Scores;
  readonly tables: ScoreTables;
}

/** Gathers the losses of batches, and the sums and columns of metrics. */
export class ScoreKeeper {
  #rows = 0;
  /** Names of the outputs that are read: the losses, then the sums and columns of metrics. */
  readonly #names: readonly string[];
  readonly #sums = new Map<string, Float64Array>();
  readonly #columns: ReadonlyMap<string, Column>;
  /** What was read of each output, in their order. */
  readonly #read: Elements[] = [];

  constructor(readonly traced: Pick<TracedGraph, "losses" | "finalLosses" | "metrics">) {
    const { losses, metrics } = traced;
    const columns = metrics.flatMap((metric): MetricColumn[] => Object.values(metric.columns));
    this.#columns = new Map(columns.map(({ output, dtype }) => [output, new Column(dtype)]));
    const sums = metrics.flatMap((metric) => Object.values(metric.sums));
    this.#names = [...losses, ...sums, ...this.#columns.keys()];
  }

  /** Reads the outputs of a step over `rows` rows, by name; gives the sum of its final losses. */
  add(
    read: (name: string) => Elements | Promise<Elements>,
    rows: number,
  ): number | Promise<number> {
    for (let i = 0; i < this.#names.length; i++) {
      const value = read(this.#names[i]!);
      if (value instanceof Promise) {
        const rest = this.#names.slice(i + 1).map(read);
        return Promise.all([...this.#read.slice(0, i), value, ...rest])
          .then((read) => {
            read.forEach((value, i) => this.#read[i] = value);
            return this.#take(rows);
          });
      }
      this.#read[i] = value;
    }
    return this.#take(rows);
  }

  /** What the losses and metrics come to so far; nothing where nothing was seen. */
  scores(): GatheredScores {
    const scores: Record<string, number> = {};
    const tables: Record<string, Exclude<Score, number>> = {};
    if (this.#rows === 0) return { scores, tables };
    for (const name of this.traced.losses) {
      scores[name] = (this.#sums.get(name)?.[0] ?? NaN) / this.#rows;
    }
    for (const metric of this.traced.metrics) {
      const gathered: Record<string, Elements> = {};
      for (const [sum, output] of Object.entries(metric.sums)) {
        gathered[sum] = this.#sums.get(output) ?? new Float64Array(1);
      }
      for (const [column, { output }] of Object.entries(metric.columns)) {
        gathered[column] = this.#columns.get(output)!.elements;
      }
      const score = metric.result(gathered);
      if (typeof score === "number") scores[metric.name] = score;
      else tables[metric.name] = score;
    }
    return { scores, tables };
  }

  /** The mean by row of all final losses together. */
  loss(): number {
    const total = this.traced.finalLosses.reduce(
      (sum, name) => sum + (this.#sums.get(name)?.[0] ?? 0),
      0,
    );
    return total / this.#rows;
  }

  /** Forgets everything. */
  reset(): void {
    this.#rows = 0;
    this.#sums.clear();
    for (const column of this.#columns.values()) column.clear();
  }

  /** The state, as plain data. */
  save(): ScoreState {
    const sums = [...this.#sums].map(([name, values]) => [name, [...values]] as const);
    const columns = [...this.#columns].map(([name, column]) => [name, column.tensor()] as const);
    return {
      rows: this.#rows,
      sums: Object.fromEntries(sums),
      columns: Object.fromEntries(columns),
    };
  }

  /** Takes up a saved state. */
  restore(state: ScoreState): void {
    this.reset();
    this.#rows = state.rows;
    for (const [name, values] of Object.entries(state.sums)) {
      this.#sums.set(name, Float64Array.from(values));
    }
    for (const [name, column] of this.#columns) {
      const saved = state.columns[name];
      if (saved !== undefined) column.append(saved.data);
    }
  }

  /** Takes the outputs of a step that were read already; gives the sum of its final losses. */
  addRead(outputs: ReadonlyMap<string, Elements>, rows: number): number {
    this.#names.forEach((name, i) => this.#read[i] = outputs.get(name)!);
    return this.#take(rows);
  }

  #take(rows: number): number {
    const { losses, finalLosses } = this.traced;
    let loss = 0;
    this.#rows += rows;
    for (let i = 0; i < this.#names.length; i++) {
      const name = this.#names[i]!;
      const value = this.#read[i]!;
      const column = this.#columns.get(name);
      if (column !== undefined) {
        column.append(value);
        continue;
      }
      const isLoss = i < losses.length;
      if (isLoss && finalLosses.includes(name)) loss += value[0]!;
      let sum = this.#sums.get(name);
      if (sum === undefined) this.#sums.set(name, sum = new Float64Array(value.length));
      for (let j = 0; j < value.length; j++) sum[j]! += value[j]! * (isLoss ? rows : 1);
    }
    return loss;
  }
}

/**
 * Losses and metrics summed over batches, in float64, so that they do not depend on batch size.
 *
 * @module
 */
import type { Elements } from "../tensor/mod.ts";
import type { TracedGraph } from "../check/mod.ts";
import type { Engine, Program } from "./engine.ts";
import type { Scores } from "./types.ts";

/** Sums of a pass over data, as they are kept in a checkpoint. */
export interface ScoreState {
  readonly rows: number;
  readonly sums: Readonly<Record<string, readonly number[]>>;
}

/** Adds up the losses and metric sums of batches. */
export class ScoreKeeper {
  #rows = 0;
  /** Names of the outputs that are read: the losses, then the sums of metrics. */
  readonly #names: readonly string[];
  readonly #sums = new Map<string, Float64Array>();
  /** What was read of each output, in their order. */
  readonly #read: Elements[] = [];

  constructor(readonly traced: Pick<TracedGraph, "losses" | "metrics">) {
    const { losses, metrics } = traced;
    this.#names = [...losses, ...metrics.flatMap((metric) => Object.values(metric.sums))];
  }

  /** Reads a program's outputs after a step over `rows` rows; gives the sum of its losses. */
  add(engine: Engine, program: Program, rows: number): number | Promise<number> {
    for (let i = 0; i < this.#names.length; i++) {
      const value = engine.read(program, this.#names[i]!);
      if (value instanceof Promise) return this.#addLater(engine, program, rows);
      this.#read[i] = value;
    }
    return this.#take(rows);
  }

  /** Losses (their mean by row) and metrics so far. */
  scores(): Scores {
    const scores: Record<string, number> = {};
    for (const name of this.traced.losses) {
      scores[name] = (this.#sums.get(name)?.[0] ?? NaN) / this.#rows;
    }
    for (const metric of this.traced.metrics) {
      const sums = Object.fromEntries(
        Object.entries(metric.sums).map(([sum, output]) => [
          sum,
          this.#sums.get(output) ?? new Float64Array(1),
        ]),
      );
      scores[metric.name] = metric.result(sums);
    }
    return scores;
  }

  /** The mean by row of all losses together. */
  loss(): number {
    const total = this.traced.losses.reduce(
      (sum, name) => sum + (this.#sums.get(name)?.[0] ?? 0),
      0,
    );
    return total / this.#rows;
  }

  /** Forgets everything. */
  reset(): void {
    this.#rows = 0;
    this.#sums.clear();
  }

  /** The state, as plain data. */
  save(): ScoreState {
    const sums = [...this.#sums].map(([name, values]) => [name, [...values]] as const);
    return { rows: this.#rows, sums: Object.fromEntries(sums) };
  }

  /** Takes up a saved state. */
  restore(state: ScoreState): void {
    this.reset();
    this.#rows = state.rows;
    for (const [name, values] of Object.entries(state.sums)) {
      this.#sums.set(name, Float64Array.from(values));
    }
  }

  async #addLater(engine: Engine, program: Program, rows: number): Promise<number> {
    const read = await Promise.all(this.#names.map((name) => engine.read(program, name)));
    read.forEach((value, i) => this.#read[i] = value);
    return this.#take(rows);
  }

  #take(rows: number): number {
    const losses = this.traced.losses.length;
    let loss = 0;
    this.#rows += rows;
    for (let i = 0; i < this.#names.length; i++) {
      const name = this.#names[i]!;
      const value = this.#read[i]!;
      const isLoss = i < losses;
      if (isLoss) loss += value[0]!;
      let sum = this.#sums.get(name);
      if (sum === undefined) this.#sums.set(name, sum = new Float64Array(value.length));
      for (let j = 0; j < value.length; j++) sum[j]! += value[j]! * (isLoss ? rows : 1);
    }
    return loss;
  }
}

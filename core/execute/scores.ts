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
  readonly #sums = new Map<string, Float64Array>();

  constructor(readonly traced: Pick<TracedGraph, "losses" | "metrics">) {}

  /** Reads a program's outputs after a step over `rows` rows; gives the sum of its losses. */
  add(engine: Engine, program: Program, rows: number): number | Promise<number> {
    const names = this.#outputNames();
    const read = names.map((name) => engine.read(program, name));
    if (read.some((item) => item instanceof Promise)) {
      return Promise.all(read).then((values) => this.#take(names, values, rows));
    }
    return this.#take(names, read as Elements[], rows);
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

  #names: readonly string[] | undefined;

  #outputNames(): readonly string[] {
    return this.#names ??= [
      ...this.traced.losses,
      ...this.traced.metrics.flatMap((metric) => Object.values(metric.sums)),
    ];
  }

  #take(names: readonly string[], values: readonly Elements[], rows: number): number {
    let loss = 0;
    this.#rows += rows;
    for (const [i, name] of names.entries()) {
      const value = values[i]!;
      const isLoss = i < this.traced.losses.length;
      if (isLoss) loss += value[0]!;
      let sum = this.#sums.get(name);
      if (sum === undefined) this.#sums.set(name, sum = new Float64Array(value.length));
      for (let j = 0; j < value.length; j++) sum[j]! += value[j]! * (isLoss ? rows : 1);
    }
    return loss;
  }
}

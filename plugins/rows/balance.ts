/**
 * As many training rows of every class.
 *
 * @module
 */
import { z } from "zod";
import {
  defineRowsStage,
  lazySchema,
  permutation,
  type RowHandles,
  type Schema,
} from "../../core/mod.ts";
import { chosenRows } from "./chosen_rows.ts";
import { readKeys, requireColumn } from "./row_keys.ts";

/** Options of {@linkcode balance}. */
export interface BalanceOptions {
  /** Seed of which rows are repeated once more than others, apart from the run's. Default 0. */
  readonly seed?: number | undefined;
}

/** Signature of {@linkcode balance}. */
export type Balance = <H extends RowHandles>(data: H) => H;

interface BalanceConfig {
  readonly by: string;
  readonly seed: number;
}

const config: Schema<BalanceOptions & { readonly by: string }, BalanceConfig> = lazySchema(() =>
  z.strictObject({
    by: z.string().min(1).describe("Column of which every value is to have as many rows"),
    seed: z.int().min(0).max(4294967295).default(0).describe(
      "Seed of which rows are repeated once more than others, apart from the run's",
    ),
  })
);

const stage = defineRowsStage<Balance>()({
  name: "balance",
  family: "loader",
  kind: "rows",
  config,
  inputs: { data: { kind: "rows" } },
  repeatsRows: () => true,
  ports({ data }, { by }) {
    requireColumn(data!, by);
    return data!;
  },
  async open({ config: { by, seed }, split, inputs: { data } }) {
    const source = await data!.open(split);
    if (source === null || split !== "train") return source;
    try {
      const keys = await readKeys(source, { ports: data!.ports, column: by });
      return chosenRows(source, balanced(keys, seed), { how: { by, seed } });
    } catch (error) {
      source.close?.();
      throw error;
    }
  },
});

/** The rows in their order, those of rarer keys repeated until every key has as many. */
export function balanced(keys: ArrayLike<number>, seed: number): Uint32Array {
  const rowsByKey = Map.groupBy(Array.from(keys, (_, row) => row), (row) => keys[row]!);
  const most = Math.max(0, ...[...rowsByKey.values()].map((rows) => rows.length));
  const chosen = [...rowsByKey].flatMap(([key, rows]) => {
    const order = permutation(rows.length, { seed, path: `balance.${key}`, epoch: 0 });
    return Array.from({ length: most }, (_, i) => rows[order[i % rows.length]!]!);
  });
  return Uint32Array.from(chosen).sort();
}

/**
 * Repeats training rows of rarer classes until every class has as many as the most frequent one, so that
 * a model does not do well by never naming a rare one. Every row is there; of a class with `n` rows,
 * each `most / n` times, to one. Other splits stay as they are. It stands behind `split()`: before it,
 * where copies of one row would come into several splits, it is refused.
 *
 * Shapes: what the loader gives
 *
 * Counterparts: Keras none; PyTorch `utils.data.WeightedRandomSampler`; TensorFlow.js none
 *
 * @param by A column, as `"label"` or `"features.kind"`.
 * @returns A stage that takes a loader and gives the same handles.
 *
 * @example
 * ```ts
 * import { arrays, balance, split } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const table = arrays({
 *   x: [[1], [2], [3], [4]],
 *   kind: { values: [0, 0, 0, 1], classes: ["common", "rare"] },
 * });
 * const data = balance("kind")(split({ test: 0.25, stratify: "kind" })(table));
 * assertEquals(data.x.port, "x");
 * ```
 */
export function balance(by: string, options: BalanceOptions = {}): Balance {
  return stage({ ...options, by });
}

/**
 * Dividing the rows of a loader into training, validation and test splits.
 *
 * @module
 */
import { z } from "zod";
import {
  defineRowsStage,
  formatAmount,
  formatCount,
  lazySchema,
  pipelineError,
  type RowHandles,
  type RowSource,
  type Schema,
  type Split,
} from "../../core/mod.ts";
import { chosenRows } from "./chosen_rows.ts";
import { divide, type Keys } from "./divide.ts";
import { type Ports, readKeys, readTimes, requireColumn, requireTimes } from "./row_keys.ts";

/** Options of {@linkcode split}. */
export interface SplitOptions {
  /** Share of the rows that are the test split. Default 0: it is the loader's own, if it has one. */
  readonly test?: number | undefined;
  /** Share of the rows that are the validation split. Default 0: it is the loader's own. */
  readonly validation?: number | undefined;
  /** Seed of the choice, apart from the run's: what was set apart stays apart. Default 0. */
  readonly seed?: number | undefined;
  /** Column of which every value has the same share in each split, as `"label"`. */
  readonly stratify?: string | undefined;
  /** Column whose rows of one value all go into one split, as `"patient"` or `"features.patient"`. */
  readonly group?: string | undefined;
  /**
   * Column by which training rows come first, validation rows later, test rows last: numbers, or text of
   * dates as ISO 8601 has them, as `"2020-01-31T12:30:00Z"`.
   */
  readonly time?: string | undefined;
  /** Number of folds for cross-validation: one of them is the validation split. Default 0: none. */
  readonly folds?: number | undefined;
  /** Which fold is the validation split, from 0. Default 0. */
  readonly fold?: number | undefined;
}

/** Signature of {@linkcode split}. */
export type SplitRows = <H extends RowHandles>(data: H) => H;

interface SplitConfig {
  readonly test: number;
  readonly validation: number;
  readonly seed: number;
  readonly stratify?: string | undefined;
  readonly group?: string | undefined;
  readonly time?: string | undefined;
  readonly folds: number;
  readonly fold: number;
}

const column = z.string().min(1).optional();

const config: Schema<SplitOptions, SplitConfig> = lazySchema(() =>
  z.strictObject({
    test: z.number().min(0).lt(1).default(0).describe("Share of the rows that are the test split"),
    validation: z.number().min(0).lt(1).default(0).describe(
      "Share of the rows that are the validation split",
    ),
    seed: z.int().min(0).max(4294967295).default(0).describe(
      "Seed of the choice of rows, apart from the run's",
    ),
    stratify: column.describe("Column of which every value has the same share in each split"),
    group: column.describe("Column whose rows of one value all go into one split"),
    time: column.describe("Column of numbers or dates: training rows are earlier than the others"),
    folds: z.int().min(0).default(0).describe("Number of folds for cross-validation; 0: none"),
    fold: z.int().min(0).default(0).describe("Which fold is the validation split, from 0"),
  }).superRefine((fields, context) => {
    const { test, validation, folds, fold } = fields;
    const wrong = (path: string, message: string) =>
      context.addIssue({ code: "custom", path: [path], message });
    if (test + validation >= 1) {
      wrong("validation", "expected test and validation together to leave rows for training");
    }
    if (folds === 1) wrong("folds", "expected 2 or more, or 0 for none");
    if (folds > 1 && fold >= folds) wrong("fold", `expected a fold from 0 to ${folds - 1}`);
    if (folds > 1 && validation > 0) {
      wrong(
        "validation",
        "expected no share beside folds: one of the folds is the validation split",
      );
    }
    const columns = (["stratify", "group", "time"] as const).filter((name) => fields[name]);
    if (columns.length > 1) wrong(columns[1]!, `expected one of ${columns.join(" and ")}`);
    if (test === 0 && validation === 0 && folds === 0) {
      wrong("test", "expected a share for test or validation, or folds");
    }
  })
);

const stage = defineRowsStage<SplitRows>()({
  name: "split",
  family: "loader",
  kind: "rows",
  config,
  inputs: { data: { kind: "rows" } },
  dividesRows: true,
  ports({ data }, config) {
    const key = keyOf(config);
    if (key?.by === "time") requireTimes(data!, key.column);
    else if (key !== undefined) requireColumn(data!, key.column);
    return data!;
  },
  async open({ config, split, path, inputs }) {
    const { data } = inputs;
    if (split === "test" && config.test === 0) return await data!.open("test");
    if (split === "validation" && config.validation === 0 && config.folds === 0) {
      return await data!.open("validation");
    }
    const source = await data!.open("train");
    if (source === null) return null;
    try {
      return await openPart(source, { config, split, path, ports: data!.ports });
    } catch (error) {
      source.close?.();
      throw error;
    }
  },
});

/** What rows are divided by, if anything but chance. */
function keyOf(
  { stratify, group, time }: SplitConfig,
): { readonly by: Keys["by"]; readonly column: string } | undefined {
  if (stratify !== undefined) return { by: "stratum", column: stratify };
  if (group !== undefined) return { by: "group", column: group };
  return time === undefined ? undefined : { by: "time", column: time };
}

async function openPart(
  source: RowSource,
  { config, split, path, ports }: {
    readonly config: SplitConfig;
    readonly split: Split;
    readonly path: string;
    readonly ports: Ports;
  },
): Promise<RowSource> {
  const { test, validation, seed, folds, fold } = config;
  const key = keyOf(config);
  const keys = key && await keysOf(source, { key, path, ports });
  const parts = {
    test,
    validation,
    ...(folds === 0 ? {} : { folds: { count: folds, index: fold } }),
  };
  const chosen = divide(source.rows, { parts, keys, seed })[split];
  if (chosen.length === 0) {
    throw pipelineError({
      code: "split",
      path,
      message: `Cannot make the ${split} split: no row is left for it`,
      received: formatAmount(source.rows, "row"),
      hint: key?.by === "group"
        ? `change the shares, or group by a column of more values than "${key.column}"`
        : "change the shares, or give more rows",
    });
  }
  return chosenRows(source, chosen, { how: [config, split] });
}

async function keysOf(
  source: RowSource,
  { key: { by, column }, path, ports }: {
    readonly key: { readonly by: Keys["by"]; readonly column: string };
    readonly path: string;
    readonly ports: Ports;
  },
): Promise<Keys> {
  if (by === "time") return { by, keys: await readTimes(source, { ports, column, path }) };
  const keys = await readKeys(source, { ports, column });
  const single = by === "stratum" ? countSingle(keys) : 0;
  if (single <= source.rows / 2) return { by, keys };
  throw pipelineError({
    code: "split",
    path,
    message: `Cannot stratify by "${column}": most rows have a value of their own`,
    received: `${formatAmount(single, "such row")} of ${formatCount(source.rows)}`,
    expected: "few values, each of several rows",
    hint: "stratify by a column of classes",
  });
}

/** How many values occur once. */
function countSingle(values: Float64Array): number {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts.values().reduce((sum, count) => sum + (count === 1 ? 1 : 0), 0);
}

/**
 * Divides the training rows of a loader into splits that have no row in common: by chance; with the
 * same share of every class (`stratify`); with whole groups (`group`); or by time, the training rows
 * being the earliest. What is no longer training data is seen by no step and no fit. The choice depends
 * on this stage's `seed` and the number of rows alone, so that other seeds of a run train on the same
 * rows.
 *
 * With `folds` one of so many equal parts is the validation split, and training with
 * `--set data.fold=0`, `1`, … is cross-validation. By time, folds grow: fold i trains on the first
 * i + 1 of `folds + 1` stretches and validates on the next, as scikit-learn's `TimeSeriesSplit`.
 *
 * Shapes: what the loader gives
 *
 * Differs: sizes are rounded to the nearest row (scikit-learn's `train_test_split` rounds the test
 * part up); a stratum's share is exact to one row; groups are given, the largest first, to the split
 * that lacks most, so that sizes come as near as the groups allow (`GroupShuffleSplit` counts groups).
 *
 * Counterparts: Keras `utils.split_dataset`; PyTorch `utils.data.random_split`; TensorFlow.js none
 *
 * @returns A stage that takes a loader and gives the same handles.
 * @throws {PipelineError} When rows are repeated before, as the pipeline is checked; when no row is left
 * for a split, a row has no time, or values to stratify by occur once, as the data is opened.
 *
 * @example
 * ```ts
 * import { arrays, backward, dense, meanSquaredError, pipeline, sgd, split, train } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const rows = Array.from({ length: 10 }, (_, i) => [i]);
 * const table = arrays({ x: rows, y: rows });
 * const data = split({ test: 0.2, seed: 1 })(table);
 * const line = dense(1)(data.x);
 * const loss = meanSquaredError()({ predictions: line, targets: data.y });
 * const optimizer = sgd()(backward()(loss));
 * const { steps, metrics } = await train(
 *   pipeline({ name: "line", batchSize: 1, stages: { table, data, line, loss, optimizer } }),
 *   { device: "reference" },
 * );
 * assertEquals(steps, 8); // the other two rows are the test split
 * assertEquals(Object.keys(metrics.test!), ["loss"]);
 * ```
 */
export function split(options: SplitOptions): SplitRows {
  return stage(options);
}

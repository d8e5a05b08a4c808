/**
 * Tables in CSV files.
 *
 * @module
 */
import { z } from "zod";
import {
  allocateElements,
  type AnyHandle,
  type ClassLabels,
  DataError,
  type DataPort,
  defineLoader,
  type Elements,
  formatAmount,
  permutation,
  type RowSource,
  type Schema,
  type Split,
  type Tensor,
} from "../../core/mod.ts";
import { labelDType, memoryRows, rowSize } from "./memory_rows.ts";
import { type CategoryValues, type CsvColumn, readCsv } from "../../core/mod.ts";

/** Options of {@linkcode csv}. */
export interface CsvOptions<
  F extends readonly string[] = readonly string[],
  T extends readonly string[] = readonly string[],
  C extends readonly string[] = readonly string[],
> {
  /** Path of the file. Its first line names the columns. */
  readonly path: string;
  /** Columns of numbers that are the features, in this order. */
  readonly features: F;
  /** Columns of numbers to be predicted. */
  readonly targets?: T | undefined;
  /** The column of classes to be predicted, and the classes in the order of their numbers. */
  readonly label?: { readonly column: string; readonly classes: C } | undefined;
  /** Share of the rows that are the test split. Default 0: there is none. */
  readonly testFraction?: number | undefined;
  /** Share of the rows that are the validation split. Default 0: there is none. */
  readonly validationFraction?: number | undefined;
  /** Seed of the choice of rows for the splits, apart from the run's. Default 0. */
  readonly splitSeed?: number | undefined;
  /** The character between fields. Default `","`. */
  readonly separator?: string | undefined;
}

/** What {@linkcode csv} gives; `targets` and `label` when the options name their columns. */
export type Csv<
  F extends readonly string[],
  T extends readonly string[],
  C extends readonly string[],
> = {
  /** The features, in the order of the options. */
  readonly features: Tensor<readonly ["batch", F["length"]]>;
  /** The numbers to be predicted. */
  readonly targets: Tensor<readonly ["batch", T["length"]]>;
  /** The classes to be predicted. */
  readonly label: ClassLabels<"batch", C["length"]>;
};

interface CsvConfig {
  readonly path: string;
  readonly features: readonly string[];
  readonly targets: readonly string[];
  readonly label?: { readonly column: string; readonly classes: readonly string[] } | undefined;
  readonly testFraction: number;
  readonly validationFraction: number;
  readonly splitSeed: number;
  readonly separator: string;
}

const names = z.array(z.string().min(1)).readonly();

const config: Schema<CsvOptions, CsvConfig> = z.strictObject({
  path: z.string().min(1).describe("Path of the file, whose first line names the columns"),
  features: names.refine((list) => list.length > 0, { error: "expected at least one column" })
    .describe("Columns of numbers that are the features"),
  targets: names.default([]).describe("Columns of numbers to be predicted"),
  label: z.strictObject({
    column: z.string().min(1).describe("Column of classes to be predicted"),
    classes: names.refine((list) => list.length > 0, { error: "expected at least one class" })
      .describe("The classes in the order of their numbers"),
  }).optional().describe("The column of classes to be predicted, with the classes"),
  testFraction: z.number().min(0).lt(1).default(0).describe(
    "Share of the rows that are the test split",
  ),
  validationFraction: z.number().min(0).lt(1).default(0).describe(
    "Share of the rows that are the validation split",
  ),
  splitSeed: z.int().min(0).max(4294967295).default(0).describe(
    "Seed of the choice of rows for the splits, apart from the run's",
  ),
  separator: z.string().length(1).default(",").describe("The character between fields"),
}).superRefine((fields, context) => {
  if (fields.testFraction + fields.validationFraction >= 1) {
    context.addIssue({
      code: "custom",
      path: ["validationFraction"],
      message: "expected test and validation together to leave rows for training",
    });
  }
  const columns = columnsOf(fields).map(({ name }) => name);
  const twice = columns.find((name, i) => columns.indexOf(name) < i);
  if (twice !== undefined) {
    context.addIssue({
      code: "custom",
      path: ["features"],
      message: `expected every column once: found "${twice}" twice`,
    });
  }
});

const stage = defineLoader<{ features: AnyHandle; targets: AnyHandle; label: AnyHandle }>()({
  name: "csv",
  kind: "loader",
  family: "loader",
  config,
  ports: (config) => portsOf(config),
  async open({ config, split }) {
    const fraction = {
      train: 1,
      test: config.testFraction,
      validation: config.validationFraction,
    }[split];
    return fraction === 0 ? null : await openSplit(config, split);
  },
});

type ColumnsConfig = Pick<CsvConfig, "features" | "targets" | "label">;

function portsOf({ features, targets, label }: ColumnsConfig): Readonly<Record<string, DataPort>> {
  return {
    features: { kind: "tensor", dtype: "f32", shape: [features.length], columns: features },
    ...(targets.length === 0 ? {} : {
      targets: { kind: "tensor", dtype: "f32", shape: [targets.length], columns: targets },
    }),
    ...(label === undefined ? {} : {
      label: {
        kind: "labels",
        dtype: labelDType(label.classes.length),
        classes: label.classes.length,
        names: label.classes,
        column: label.column,
      },
    }),
  };
}

function columnsOf({ features, targets, label }: ColumnsConfig): CsvColumn[] {
  return [
    ...[...features, ...targets].map((name) => ({ name, type: "number" as const })),
    ...(label === undefined
      ? []
      : [{ name: label.column, type: "category" as const, categories: label.classes }]),
  ];
}

async function openSplit(config: CsvConfig, split: Split): Promise<RowSource> {
  const { path, features, targets, label, separator } = config;
  const table = await readCsv(path, { columns: columnsOf(config), separator });
  const rows = rowsOf(split, table.rows, config);
  if (rows.length === 0) {
    throw new DataError(`Cannot make the ${split} split: no row is left for it`, {
      file: path,
      hint: `the file has ${
        formatAmount(table.rows, "row")
      }: change testFraction or validationFraction`,
    });
  }
  const ports = portsOf(config);
  const columns: Record<string, Elements> = {};
  for (const [port, spec] of Object.entries(ports)) {
    columns[port] = allocateElements(spec.dtype, rows.length * rowSize(spec));
  }
  const values = (name: string) => table.columns[name] as Float32Array;
  gather(columns.features!, features.map(values), rows);
  if (targets.length > 0) gather(columns.targets!, targets.map(values), rows);
  if (label !== undefined) {
    gather(columns.label!, [(table.columns[label.column] as CategoryValues).codes], rows);
  }
  return memoryRows({ ports, columns });
}

/** The rows of a split, in the order of the file: which ones depends on the seed alone. */
function rowsOf(
  split: Split,
  total: number,
  { testFraction, validationFraction, splitSeed }: CsvConfig,
): Uint32Array {
  const order = permutation(total, { seed: splitSeed, path: "csv.splits", epoch: 0 });
  const testEnd = Math.round(total * testFraction);
  const validationEnd = testEnd + Math.round(total * validationFraction);
  const chosen = {
    test: order.slice(0, testEnd),
    validation: order.slice(testEnd, validationEnd),
    train: order.slice(validationEnd),
  }[split];
  return chosen.sort();
}

/** Interleaves columns: `into[row, column] = columns[column][rows[row]]`. */
function gather(
  into: Elements,
  columns: readonly (Float32Array | Int32Array)[],
  rows: Uint32Array,
): void {
  columns.forEach((column, at) => {
    for (let row = 0; row < rows.length; row++) {
      into[row * columns.length + at] = column[rows[row]!]!;
    }
  });
}

/**
 * Loads a table from a CSV file: columns of numbers as features, and columns of numbers (`targets`)
 * or of classes (`label`) to be predicted. The file is read as a stream; the columns named are held
 * in memory. A missing value is an error that says where.
 *
 * Shapes: features `f32[batch, features]`, targets `f32[batch, targets]`, label `[batch]`
 *
 * @returns The handles `features`, `targets` and `label`.
 * @throws {DataError} When the file is missing or malformed, or lacks a column, as the data is
 * opened.
 *
 * @example
 * ```ts
 * import { csv } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const houses = csv({
 *   path: "data/houses.csv",
 *   features: ["rooms", "age", "tax"],
 *   targets: ["price"],
 *   testFraction: 0.2,
 * });
 * assertEquals(houses.features.port, "features"); // f32[batch, 3]
 * assertEquals(houses.targets.port, "targets"); // f32[batch, 1]
 * ```
 */
export function csv<
  const F extends readonly string[],
  const T extends readonly string[] = readonly [],
  const C extends readonly string[] = readonly [],
>(options: CsvOptions<F, T, C>): Csv<F, T, C> {
  return stage(options);
}

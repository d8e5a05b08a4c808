/**
 * Tables in CSV files.
 *
 * @module
 */
import { z } from "zod";
import {
  type AnyHandle,
  type ClassLabels,
  type DataPort,
  defineLoader,
  type Elements,
  type RowSource,
  type Schema,
  type Tensor,
} from "../../core/mod.ts";
import { allocateColumns, labelDType, memoryRows } from "./memory_rows.ts";
import { locate } from "./npm_files.ts";
import { type CategoryValues, type CsvColumn, readCsv } from "../../core/mod.ts";

/** Options of {@linkcode csv}. */
export interface CsvOptions<
  F extends readonly string[] = readonly string[],
  T extends readonly string[] = readonly string[],
  C extends readonly string[] = readonly string[],
> {
  /**
   * Path of the file, or of one in an npm package, as `"npm:package@1.0.0/data.csv"`, which is fetched
   * when it is not there. Its first line names the columns.
   */
  readonly path: string;
  /** Columns of numbers that are the features, in this order. */
  readonly features: F;
  /** Columns of numbers to be predicted. */
  readonly targets?: T | undefined;
  /** The column of classes to be predicted, and the classes in the order of their numbers. */
  readonly label?: { readonly column: string; readonly classes: C } | undefined;
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
  readonly separator: string;
}

const names = z.array(z.string().min(1)).readonly();

const config: Schema<CsvOptions, CsvConfig> = z.strictObject({
  path: z.string().min(1).describe(
    "Path of the file, or npm:package@version/path; its first line names the columns",
  ),
  features: names.refine((list) => list.length > 0, { error: "expected at least one column" })
    .describe("Columns of numbers that are the features"),
  targets: names.default([]).describe("Columns of numbers to be predicted"),
  label: z.strictObject({
    column: z.string().min(1).describe("Column of classes to be predicted"),
    classes: names.refine((list) => list.length > 0, { error: "expected at least one class" })
      .describe("The classes in the order of their numbers"),
  }).optional().describe("The column of classes to be predicted, with the classes"),
  separator: z.string().length(1).default(",").describe("The character between fields"),
}).superRefine((fields, context) => {
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
  open: ({ config, split }) => split === "train" ? openTable(config) : null,
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

async function openTable(config: CsvConfig): Promise<RowSource> {
  const { path, features, targets, label, separator } = config;
  const columns = columnsOf(config);
  const table = await readCsv(await locate(path), { columns, separator });
  const ports = portsOf(config);
  const elements = allocateColumns(ports, table.rows);
  const values = (name: string) => table.columns[name] as Float32Array;
  interleave(elements.features!, features.map(values));
  if (targets.length > 0) interleave(elements.targets!, targets.map(values));
  if (label !== undefined) {
    interleave(elements.label!, [(table.columns[label.column] as CategoryValues).codes]);
  }
  return memoryRows({ ports, columns: elements });
}

/** Interleaves columns: `into[row, column] = columns[column][row]`. */
function interleave(into: Elements, columns: readonly (Float32Array | Int32Array)[]): void {
  columns.forEach((column, at) => {
    for (let row = 0; row < column.length; row++) into[row * columns.length + at] = column[row]!;
  });
}

/**
 * Loads a table from a CSV file: columns of numbers as features, and columns of numbers (`targets`)
 * or of classes (`label`) to be predicted. The file is read as a stream; the columns named are held
 * in memory. A missing value is an error that says where. All rows are training rows: `split()` sets
 * some apart.
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

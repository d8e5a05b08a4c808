/**
 * Tables written in the program itself.
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
  formatAmount,
  isRecord,
  lazySchema,
  type Schema,
  type Tensor,
} from "../../core/mod.ts";
import { allocateColumns, labelDType, memoryRows } from "./memory_rows.ts";

/** Rows of numbers, all of one width. */
export type NumberRows = readonly ArrayLike<number>[];

/** Class numbers from 0, with the number of classes or their names. */
export interface LabelColumn {
  /** Class number of each row. */
  readonly values: ArrayLike<number>;
  /** Number of classes, or their names. */
  readonly classes: number | readonly string[];
}

/** The columns of a table, by name: all of one length. */
export type ArrayColumns = Readonly<Record<string, NumberRows | LabelColumn>>;

/** The columns of another split of a table: of labels, their values alone. */
export type SplitColumns<T extends ArrayColumns> = {
  readonly [name in keyof T]: T[name] extends LabelColumn ? ArrayLike<number> : NumberRows;
};

/** Options of {@linkcode arrays}. */
export interface ArraysOptions<T extends ArrayColumns = ArrayColumns> {
  /** Rows to evaluate on after training. */
  readonly test?: SplitColumns<T> | undefined;
  /** Rows to watch while training. */
  readonly validation?: SplitColumns<T> | undefined;
}

/** What {@linkcode arrays} gives: a tensor for numbers, labels for classes. */
export type ArrayHandles<T extends ArrayColumns> = {
  readonly [name in keyof T]: T[name] extends { readonly classes: infer C }
    ? ClassLabels<"batch", C extends readonly string[] ? C["length"] : C & number>
    : T[name] extends readonly (infer R extends ArrayLike<number>)[]
      ? Tensor<readonly ["batch", R["length"]]>
    : never;
};

interface ArraysConfig {
  readonly train: ArrayColumns;
  readonly test?: SplitColumns<ArrayColumns> | undefined;
  readonly validation?: SplitColumns<ArrayColumns> | undefined;
}

const config: Schema<ArraysConfig, ArraysConfig> = lazySchema(() =>
  z.strictObject({
    train: z.custom<ArrayColumns>(areColumns, { error: "expected columns by name" })
      .describe("Columns of the training split, by name"),
    test: z.custom<SplitColumns<ArrayColumns>>(areColumns, { error: "expected columns by name" })
      .optional().describe("Columns of the test split, by name"),
    validation: z.custom<SplitColumns<ArrayColumns>>(areColumns, {
      error: "expected columns by name",
    })
      .optional().describe("Columns of the validation split, by name"),
  }).superRefine(({ train, test, validation }, context) => {
    const splits = { train, test, validation };
    for (const [split, columns] of Object.entries(splits)) {
      if (columns === undefined) continue;
      for (const [column, message] of problemsOf(columns, train)) {
        context.addIssue({ code: "custom", path: [split, column], message });
      }
    }
  })
);

const stage = defineLoader<Readonly<Record<string, AnyHandle>>>()({
  name: "arrays",
  kind: "loader",
  family: "loader",
  config,
  ports: ({ train }) => portsOf(train),
  open({ config, split }) {
    const columns = config[split];
    if (columns === undefined) return null;
    const ports = portsOf(config.train);
    const names = Object.keys(ports);
    const rows = valuesOf(columns[names[0]!]!).length;
    const elements = allocateColumns(ports, rows);
    for (const name of names) fill(elements[name]!, valuesOf(columns[name]!));
    return memoryRows({ ports, columns: elements });
  },
});

function portsOf(columns: ArrayColumns): Readonly<Record<string, DataPort>> {
  return Object.fromEntries(
    Object.entries(columns).map(([name, column]): [string, DataPort] => {
      if (!isLabels(column)) {
        return [name, { kind: "tensor", dtype: "f32", shape: [column[0]!.length] }];
      }
      const classes = countOf(column);
      const names = typeof column.classes === "number" ? {} : { names: column.classes };
      return [name, { kind: "labels", dtype: labelDType(classes), classes, ...names }];
    }),
  );
}

/** What is wrong with the columns of a split, by column. */
function problemsOf(
  columns: ArrayColumns | SplitColumns<ArrayColumns>,
  train: ArrayColumns,
): [column: string, message: string][] {
  const problems: [string, string][] = [];
  const names = Object.keys(train);
  if (names.length === 0) return [["", "expected at least one column"]];
  const rows = valuesOf(columns[names[0]!] ?? []).length;
  for (const name of new Set([...names, ...Object.keys(columns)])) {
    const column = columns[name];
    const model = train[name];
    if (column === undefined) problems.push([name, "the column is missing"]);
    else if (model === undefined) problems.push([name, "the training split has no such column"]);
    else {
      const problem = isLabels(model)
        ? labelProblem(valuesOf(column), countOf(model))
        : widthProblem(column as NumberRows, (model[0] ?? []).length);
      const found = valuesOf(column).length;
      if (problem !== undefined) problems.push([name, problem]);
      else if (found !== rows) {
        problems.push([
          name,
          `found ${formatAmount(found, "row")}, expected ${rows} as in "${names[0]}"`,
        ]);
      }
    }
  }
  return problems;
}

function labelProblem(values: ArrayLike<unknown>, classes: number): string | undefined {
  if (!Number.isInteger(classes) || classes < 1) return `expected at least one class`;
  for (let row = 0; row < values.length; row++) {
    const value = values[row];
    if (!Number.isInteger(value) || value as number < 0 || value as number >= classes) {
      return `row ${row + 1}: found ${value}, expected a class number from 0 to ${classes - 1}`;
    }
  }
}

function widthProblem(rows: NumberRows, width: number): string | undefined {
  if (rows.length === 0) return "expected at least one row";
  if (width === 0) return "expected at least one number in a row";
  for (const [row, numbers] of Array.from(rows).entries()) {
    const found = numbers?.length;
    if (found !== width) {
      return `row ${row + 1}: found ${formatAmount(found ?? 0, "number")}, expected ${width}`;
    }
    for (let i = 0; i < width; i++) {
      if (typeof numbers[i] !== "number") {
        return `row ${row + 1}: found ${JSON.stringify(numbers[i])}, expected a number`;
      }
    }
  }
}

function fill(target: Elements, values: ArrayLike<number> | NumberRows): void {
  let at = 0;
  for (let row = 0; row < values.length; row++) {
    const value = values[row]!;
    if (typeof value === "number") target[at++] = value;
    else for (let i = 0; i < value.length; i++) target[at++] = value[i]!;
  }
}

function valuesOf(
  column: NumberRows | LabelColumn | ArrayLike<number>,
): ArrayLike<number> | NumberRows {
  return isLabels(column) ? column.values : column;
}

function isLabels(column: unknown): column is LabelColumn {
  return isRecord(column) && "classes" in column && "values" in column;
}

function countOf({ classes }: LabelColumn): number {
  return typeof classes === "number" ? classes : classes.length;
}

function areColumns(value: unknown): boolean {
  return isRecord(value) && !ArrayBuffer.isView(value);
}

/**
 * Loads tables written in the program: rows of numbers become tensors, class numbers become labels.
 * The widths and numbers of classes that are written out are part of the types.
 *
 * Shapes: a column of rows of width `n` -> `f32[batch, n]`; labels -> `[batch]`
 *
 * Counterparts: Keras `arrays given to fit`; PyTorch `utils.data.TensorDataset`; TensorFlow.js
 * `tensors given to fit`
 *
 * @param columns Columns of the training split, by name.
 * @returns A handle for each column.
 *
 * @example
 * ```ts
 * import { arrays } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const flowers = arrays({
 *   petals: [[1.4, 0.2], [4.7, 1.4], [6.0, 2.5]],
 *   kind: { values: [0, 1, 2], classes: ["setosa", "versicolor", "virginica"] },
 * }, { test: { petals: [[1.5, 0.2]], kind: [0] } });
 * assertEquals(flowers.petals.port, "petals"); // f32[batch, 2]
 * assertEquals(flowers.kind.port, "kind"); // 3 classes
 * ```
 */
export function arrays<const T extends ArrayColumns>(
  columns: T,
  options: ArraysOptions<T> = {},
): ArrayHandles<T> {
  return stage({ ...options, train: columns } as ArraysConfig) as ArrayHandles<T>;
}

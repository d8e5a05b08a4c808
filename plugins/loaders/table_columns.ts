/**
 * Columns of a table as a user declares them: what ports they become, and how cells are read into
 * them. Cells are text in CSV, and values in JSON, Parquet, Arrow and SQL.
 *
 * @module
 */
import { z } from "zod";
import {
  type AnyHandle,
  type ClassLabels,
  type DataPort,
  type DType,
  nearestName,
  type Tensor,
  type Text,
} from "../../core/mod.ts";
import type { Fields } from "../fields.ts";
import { labelDType } from "./memory_rows.ts";
import { type InvalidConfig, invalidFields, type InvalidOptions } from "./row_checks.ts";
import { type ColumnRule, ruleFields, type RuleOptions } from "./row_rules.ts";

/** What a column holds, and so what its port carries. */
export type TableColumn =
  /** One number: `f32[batch, 1]`. */
  | "number"
  /** A list of numbers, nested for several axes: `dtype[batch, …shape]`. Not in CSV. */
  | { readonly shape: readonly number[]; readonly dtype?: DType | undefined }
  /** A class: its number, or one of the names. */
  | { readonly classes: number | readonly string[] }
  /** Text of so many bytes of UTF-8 at most; longer text is an error unless it is cut. */
  | { readonly text: number; readonly longer?: "fail" | "cut" | undefined };

/** Columns by name. */
export type TableColumns = Readonly<Record<string, TableColumn>>;

/** The options that all loaders of tables have in common. */
export interface TableOptions<
  F extends readonly string[] = readonly string[],
  T extends readonly string[] = readonly string[],
  C extends readonly string[] = readonly string[],
  K extends TableColumns = TableColumns,
> extends InvalidOptions, RuleOptions {
  /** Columns of numbers that together are the output `features`, in this order. */
  readonly features?: F | undefined;
  /** Columns of numbers that together are the output `targets`, to be predicted. */
  readonly targets?: T | undefined;
  /** The column of classes to be predicted, and the classes in the order of their numbers. */
  readonly label?: { readonly column: string; readonly classes: C } | undefined;
  /** Further columns, each an output of its own name. */
  readonly columns?: K | undefined;
  /**
   * Whether a number that is missing is an error that says where (the default), or NaN, for a
   * transform to fill in. A missing class or list is always an error, a missing text is empty.
   */
  readonly missing?: "fail" | "nan" | undefined;
}

/** What loaders of tables give. */
export type TableHandles<
  F extends readonly string[],
  T extends readonly string[],
  C extends readonly string[],
  K extends TableColumns,
> =
  & {
    /** The features, in the order of the options. */
    readonly features: Tensor<readonly ["batch", F["length"]]>;
    /** The numbers to be predicted. */
    readonly targets: Tensor<readonly ["batch", T["length"]]>;
    /** The classes to be predicted. */
    readonly label: ClassLabels<"batch", C["length"]>;
  }
  & { readonly [name in keyof K]: TableHandle<K[name]> };

/** The handle of a column. */
export type TableHandle<K> = K extends "number" ? Tensor<readonly ["batch", 1]>
  : K extends { readonly classes: infer C }
    ? ClassLabels<"batch", C extends readonly string[] ? C["length"] : C & number>
  : K extends { readonly text: infer L extends number } ? Text<L>
  : K extends { readonly shape: infer S extends readonly number[] } ? Tensor<
      readonly ["batch", ...S],
      K extends { readonly dtype: infer D extends DType } ? D : "f32"
    >
  : never;

/** Handles of tables, of any columns. */
export type AnyTableHandles = Readonly<Record<string, AnyHandle>>;

/** The common options, every default filled in. */
export interface TableConfig extends InvalidConfig, RuleOptions {
  readonly features: readonly string[];
  readonly targets: readonly string[];
  readonly label?: { readonly column: string; readonly classes: readonly string[] } | undefined;
  readonly columns: TableColumns;
  readonly missing: "fail" | "nan";
}

/** The fields of {@linkcode TableOptions}. */
export function tableFields(): Fields<TableOptions, TableConfig> {
  const names = z.array(z.string().min(1)).readonly();
  return {
    features: names.default([]).describe("Columns of numbers that are the features"),
    targets: names.default([]).describe("Columns of numbers to be predicted"),
    label: z.strictObject({
      column: z.string().min(1).describe("Column of classes to be predicted"),
      classes: names.refine((list) => list.length > 0, { error: "expected at least one class" })
        .describe("The classes in the order of their numbers"),
    }).optional().describe("The column of classes to be predicted, with the classes"),
    columns: z.record(z.string().min(1), columnField()).default({}).describe(
      "Further columns by name, each an output of its own",
    ),
    missing: z.enum(["fail", "nan"]).default("fail").describe(
      "Whether a missing number is an error, or NaN",
    ),
    ...invalidFields(),
    ...ruleFields(),
  };
}

function columnField(): z.ZodType<TableColumn, TableColumn> {
  return z.union([
    z.literal("number"),
    z.strictObject({ classes: z.union([z.int().min(1), z.array(z.string()).min(1).readonly()]) }),
    z.strictObject({
      text: z.int().min(1).max(1 << 24),
      longer: z.enum(["fail", "cut"]).default("fail"),
    }),
    z.strictObject({
      shape: z.array(z.int().min(1)).readonly(),
      dtype: z.enum(["f32", "i32", "u32", "u8"]).default("f32"),
    }),
  ], { error: 'expected "number", { classes }, { text } or { shape }' });
}

/** Refines a schema: tells what is wrong with columns as a whole, by field. */
export function tableProblems(
  { isText }: { readonly isText: boolean },
): (config: TableConfig, context: Pick<z.core.$RefinementCtx, "addIssue">) => void {
  return (config, context) => {
    for (const { path, message } of problemsOf(config, isText)) {
      context.addIssue({ code: "custom", path, message });
    }
  };
}

function problemsOf(
  config: TableConfig,
  isText: boolean,
): readonly { readonly path: string[]; readonly message: string }[] {
  const { features, targets, label, columns, rules = {} } = config;
  const own = Object.keys(columns);
  const used = [...features, ...targets, ...(label === undefined ? [] : [label.column])];
  const twice = used.find((name, i) => used.indexOf(name) < i);
  const problems: { path: string[]; message: string }[] = [];
  if (twice !== undefined) {
    problems.push({
      path: ["features"],
      message: `expected every column once: found "${twice}" twice`,
    });
  }
  if (used.length === 0 && own.length === 0) {
    problems.push({ path: ["features"], message: "expected at least one column" });
  }
  for (const [name, rule] of Object.entries(rules)) {
    if (used.includes(name) || own.includes(name)) {
      const message = unsuited(rule, contentOf(name, config));
      if (message !== undefined) problems.push({ path: ["rules", name], message });
      continue;
    }
    const near = nearestName(name, [...used, ...own]);
    problems.push({
      path: ["rules", name],
      message: `the column "${name}" is not read` +
        (near === undefined ? ": declare it" : `: did you mean "${near}"?`),
    });
  }
  for (const name of own) {
    if (name === "features" || name === "targets" || name === "label") {
      problems.push({ path: ["columns", name], message: "the name is that of another output" });
    }
    if (isText && typeof columns[name] === "object" && "shape" in columns[name]) {
      problems.push({
        path: ["columns", name],
        message: "a field of text holds no list of numbers",
      });
    }
  }
  return problems;
}

/** What the values of a column are, for a rule. */
type Content = "numbers" | "text" | "lists of numbers";

function contentOf(name: string, { label, columns }: TableConfig): Content {
  if (name === label?.column) return "text";
  const column = columns[name];
  if (typeof column !== "object") return "numbers";
  if ("shape" in column) return "lists of numbers";
  return "text" in column || typeof column.classes !== "number" ? "text" : "numbers";
}

/** What of a rule no value of such a column could keep, or break. */
function unsuited(
  { min, max, values = [], pattern }: ColumnRule,
  content: Content,
): string | undefined {
  if (content === "text" && (min !== undefined || max !== undefined)) {
    return "min and max are for numbers, and the column holds text: use values or pattern";
  }
  if (content !== "text" && pattern !== undefined) {
    return `pattern is for text, and the column holds ${content}: use min and max`;
  }
  if (values.length > 0 && content === "lists of numbers") {
    return "values are for single fields, and the column holds lists of numbers: use min and max";
  }
  return values.some((value) => (typeof value === "string") !== (content === "text"))
    ? `expected values that are ${content}, as those of the column`
    : undefined;
}

/** A port, and the columns that it is read from. */
export interface TablePort {
  readonly name: string;
  readonly data: DataPort;
  /** One column, or as many as the row has numbers. */
  readonly columns: readonly string[];
}

/** The ports of a table, in the order of its options. */
export function tablePorts(
  { features, targets, label, columns, missing }: TableConfig,
): TablePort[] {
  const rule = missing === "nan" ? { missing } : {};
  const numbers = (name: string, columns: readonly string[]): TablePort[] =>
    columns.length === 0 ? [] : [{
      name,
      columns,
      data: { kind: "tensor", dtype: "f32", shape: [columns.length], columns, ...rule },
    }];
  return [
    ...numbers("features", features),
    ...numbers("targets", targets),
    ...(label === undefined ? [] : [labelPort("label", label.column, label.classes)]),
    ...Object.entries(columns).map(([name, column]) => columnPort(name, column, rule)),
  ];
}

/** The data ports by name, as a loader's `ports` gives them. */
export function tableDataPorts(config: TableConfig): Readonly<Record<string, DataPort>> {
  return Object.fromEntries(tablePorts(config).map(({ name, data }) => [name, data]));
}

function columnPort(
  name: string,
  column: TableColumn,
  rule: { readonly missing?: "nan" },
): TablePort {
  const port = (data: DataPort): TablePort => ({ name, data, columns: [name] });
  if (column === "number") {
    return port({ kind: "tensor", dtype: "f32", shape: [1], columns: [name], ...rule });
  }
  if ("classes" in column) return labelPort(name, name, column.classes);
  if ("text" in column) {
    return port({
      kind: "tensor",
      dtype: "u8",
      shape: [column.text],
      columns: [name],
      encoding: "utf-8",
      ...(column.longer === "cut" ? { longer: column.longer } : {}),
    });
  }
  return port({ kind: "tensor", dtype: column.dtype ?? "f32", shape: column.shape });
}

function labelPort(name: string, column: string, classes: number | readonly string[]): TablePort {
  const count = typeof classes === "number" ? classes : classes.length;
  return {
    name,
    columns: [column],
    data: {
      kind: "labels",
      dtype: labelDType(count),
      classes: count,
      ...(typeof classes === "number" ? {} : { names: classes }),
      column,
    },
  };
}

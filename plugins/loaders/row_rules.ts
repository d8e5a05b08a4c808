/**
 * Rules that the rows of a table must keep: of each column, and of a record as a whole.
 *
 * @module
 */
import { z } from "zod";
import { DataError, type Schema } from "../../core/mod.ts";
import type { Fields } from "../fields.ts";
import { type CellPlace, shown } from "../../core/execute/mod.ts";

/** What every value of a column must be. What is missing breaks no rule but `required`. */
export interface ColumnRule {
  /** Whether a value must be there: no missing number, no empty text. Default false. */
  readonly required?: boolean | undefined;
  /** The least number allowed, and of lists, for each of their numbers. */
  readonly min?: number | undefined;
  /** The greatest number allowed. */
  readonly max?: number | undefined;
  /** All values that are allowed. */
  readonly values?: readonly (string | number)[] | undefined;
  /** A regular expression that text must match as a whole: `"[A-Z]{2}\\d+"`. */
  readonly pattern?: string | undefined;
}

/** A record as a schema for records is given it: numbers, names of classes, texts, lists. */
export type TableRecord = Readonly<Record<string, unknown>>;

/** The rules of a table. */
export interface RuleOptions {
  /** Rules by column. */
  readonly rules?: Readonly<Record<string, ColumnRule>> | undefined;
  /**
   * A schema of any library (Standard Schema: zod, Valibot, ArkType) that every record must fit: an object
   * of the columns that are read, where a missing number is `null` and a class is its name. What the
   * schema makes of the record is not used.
   */
  readonly record?: Schema<unknown, unknown> | undefined;
}

/** The fields of {@linkcode RuleOptions}. */
export function ruleFields(): Fields<RuleOptions, RuleOptions> {
  return {
    rules: z.record(
      z.string().min(1),
      z.strictObject({
        required: z.boolean().optional(),
        min: z.number().optional(),
        max: z.number().optional(),
        values: z.array(z.union([z.string(), z.number()])).min(1).readonly().optional(),
        pattern: z.string().refine((text) => patternOf(text) !== undefined, {
          error: "expected a regular expression",
        }).optional(),
      }).refine(({ min = -Infinity, max = Infinity }) => min <= max, {
        error: "expected min to be at most max",
      }),
    ).optional().describe("What values of a column must be, by column"),
    record: z.custom<Schema<unknown, unknown>>(isSchema, {
      error: "expected a Standard Schema, as z.object({ … }) is one",
    }).optional().describe("A Standard Schema that every record must fit"),
  };
}

function isSchema(value: unknown): boolean {
  return (typeof value === "object" || typeof value === "function") && value !== null &&
    "~standard" in value;
}

function patternOf(text: string): RegExp | undefined {
  try {
    return new RegExp(`^(?:${text})$`, "u");
  } catch {
    return undefined;
  }
}

/** Tells which rules a record breaks. */
export type FindBroken = (record: TableRecord, place: (column: string) => CellPlace) => DataError[];

/** What finds broken rules; `undefined` where there is no rule. */
export function ruleFinder({ rules = {}, record: schema }: RuleOptions): FindBroken | undefined {
  const columns = Object.entries(rules).map(([name, rule]) => ({
    name,
    rule: { ...rule, allowed: rule.values && new Set<unknown>(rule.values) },
    pattern: rule.pattern === undefined ? undefined : patternOf(rule.pattern),
  }));
  if (columns.length === 0 && schema === undefined) return undefined;
  return (record, place) => {
    const broken: DataError[] = [];
    for (const { name, rule, pattern } of columns) {
      const fault = brokenBy(record[name], { ...rule, pattern, given: rule.pattern });
      if (fault === undefined) continue;
      broken.push(
        new DataError(
          `Cannot accept the field: received ${shown(record[name])}, expected ${fault.expected}`,
          { ...place(name), reason: fault.reason, hint },
        ),
      );
    }
    if (schema !== undefined) broken.push(...misfits(record, schema, place));
    return broken;
  };
}

const hint = 'correct the field, or the rule; invalid: "drop" leaves such rows out';

interface Fault {
  readonly reason: string;
  readonly expected: string;
}

function brokenBy(
  value: unknown,
  { required, min, max, allowed, pattern, given, values }: Omit<ColumnRule, "pattern"> & {
    readonly allowed: ReadonlySet<unknown> | undefined;
    readonly pattern: RegExp | undefined;
    /** The pattern as it was written. */
    readonly given: string | undefined;
  },
): Fault | undefined {
  if (value === null || value === undefined || value === "") {
    return required === true ? { reason: "missing", expected: "a value" } : undefined;
  }
  if (min !== undefined && someNumber(value, (number) => number < min)) {
    return { reason: `less than ${min}`, expected: `at least ${min}` };
  }
  if (max !== undefined && someNumber(value, (number) => number > max)) {
    return { reason: `more than ${max}`, expected: `at most ${max}` };
  }
  if (allowed !== undefined && !allowed.has(value)) {
    const known = values!.slice(0, 10).map(shown).join(", ") + (values!.length > 10 ? ", …" : "");
    return { reason: "not an allowed value", expected: `one of ${known}` };
  }
  if (pattern !== undefined && !(typeof value === "string" && pattern.test(value))) {
    return { reason: "not of the pattern", expected: `text that matches ${given}` };
  }
  return undefined;
}

/** Whether some number of a value, which may be a nested list, is so. */
function someNumber(value: unknown, isSo: (number: number) => boolean): boolean {
  if (typeof value === "number") return isSo(value);
  if (typeof value === "bigint") return isSo(Number(value));
  return Array.isArray(value) && value.some((item) => someNumber(item, isSo));
}

function misfits(
  record: TableRecord,
  schema: Schema<unknown, unknown>,
  place: (column: string) => CellPlace,
): DataError[] {
  const result = schema["~standard"].validate(record);
  if (result instanceof Promise) {
    throw new TypeError("Cannot check records by an asynchronous schema");
  }
  return (result.issues ?? []).map(({ message, path }) => {
    const [key] = path ?? [];
    const column = key === undefined ? undefined : String(typeof key === "object" ? key.key : key);
    const { file, row, column: at } = place(column ?? "");
    return new DataError(`Cannot accept the record: ${message}`, {
      file,
      row,
      ...(column === undefined ? {} : { column: at }),
      reason: message,
      hint: 'correct the row, or the schema; invalid: "drop" leaves such rows out',
    });
  });
}

/**
 * Values set by path (`--set optimizer.learningRate=0.01`): which stage or field each is for.
 *
 * @module
 */
import { type Issue, nearestName } from "../errors.ts";
import { fieldsOf, type Pipeline, runConfigSchema, type Schema } from "../declare/mod.ts";

/** Configuration values by path. */
export type Overrides = Readonly<Record<string, unknown>>;

/** Sorts overrides by the stage they are for; a first segment that is no stage is a field of the run. */
export function splitOverrides(
  pipeline: Pipeline,
  overrides: Overrides,
  issues: Issue[],
): { run: Record<string, unknown>; stages: Map<string, Record<string, unknown>> } {
  const names = [...pipeline.stages, ...pipeline.layers].map(({ name }) => name);
  const run: Record<string, unknown> = {};
  const stages = new Map<string, Record<string, unknown>>();
  if (Object.keys(overrides).length === 0) return { run, stages };
  const runFields = fieldsOf(runConfigSchema as Schema<unknown, unknown>).map((field) =>
    field.name
  );
  for (const [path, value] of Object.entries(overrides)) {
    const [first, ...rest] = path.split(".");
    if (rest.length === 0 && runFields.includes(first!)) run[first!] = value;
    else if (rest.length > 0 && names.includes(first!)) {
      stages.set(first!, { ...stages.get(first!), [rest.join(".")]: value });
    } else {
      issues.push(unknownName({
        path,
        name: first!,
        known: rest.length > 0 ? names : [...runFields, ...names.map((name) => `${name}.`)],
        what: rest.length > 0 ? "stage" : "setting",
      }));
    }
  }
  return { run, stages };
}

/** The issue of a path that leads nowhere. */
export function unknownName(
  { path, name, known, what }: { path: string; name: string; known: string[]; what: string },
): Issue {
  const nearest = nearestName(name, known);
  return {
    code: "unknown",
    path,
    message: `Cannot set this: there is no ${what} "${name}"`,
    hint: nearest === undefined
      ? `known: ${known.join(", ")}`
      : `did you mean "${nearest}"? Known: ${known.join(", ")}`,
  };
}

/** A path leads to a stage's field at most: what is inside one is set with it. */
export function insideField(
  { path, keys, value }: {
    readonly path: string;
    readonly keys: readonly string[];
    readonly value: unknown;
  },
): Issue {
  const whole = keys.reduceRight<unknown>((inner, key) => ({ [key]: inner }), value);
  return {
    code: "config",
    path: [path, ...keys].join("."),
    message: "Cannot set this: the field can only be set as a whole",
    hint: `give all of it as JSON: --set ${path}='${JSON.stringify(whole)}'`,
  };
}

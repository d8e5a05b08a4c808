/**
 * The first half of check: every stage's options become a full configuration, `--set` values are put
 * in their places, and connections are looked at. Nothing is built yet; every issue is gathered.
 *
 * @module
 */
import { type Issue, nearestName } from "../errors.ts";
import {
  fieldsOf,
  type InputPort,
  type Pipeline,
  type PipelineStage,
  type RowsPort,
  type RunConfig,
  runConfigSchema,
  type Schema,
  type Stage,
  type StageDefinition,
  validate,
  type Wire,
} from "../declare/mod.ts";

/** A stage with its full configuration. */
export interface ResolvedStage {
  /** Path, as `"logits"` or `"logits.dense1"`. */
  readonly path: string;
  /** What its kind of stage answers. */
  readonly definition: StageDefinition;
  /** Its options with `--set` values put in, validated and every default filled in. */
  readonly config: unknown;
  /** Stages inside this one, by name. */
  readonly children: Readonly<Record<string, ResolvedStage>>;
  /** What each input port is connected to; empty for children. */
  readonly inputs: Readonly<Record<string, Wire>>;
}

/** A pipeline with every configuration full and every connection known. */
export interface ResolvedPipeline {
  /** Name of the pipeline. */
  readonly name: string;
  /** How it is run, every default filled in. */
  readonly run: RunConfig;
  /** Stages, each after those it reads. */
  readonly stages: readonly ResolvedStage[];
}

/** Configuration values by path. */
export type Overrides = Readonly<Record<string, unknown>>;

/** The pipeline as far as it could be resolved, and what is wrong with it. */
export interface Resolution {
  readonly pipeline: ResolvedPipeline | undefined;
  readonly issues: readonly Issue[];
}

/** Resolves a pipeline. */
export function resolve(pipeline: Pipeline, overrides: Overrides = {}): Resolution {
  const notOne = issuesOfShape(pipeline);
  if (notOne.length > 0) return { pipeline: undefined, issues: notOne };
  const issues: Issue[] = [
    ...issuesOfNames(pipeline),
    ...pipeline.strangers.map((name) => ({
      code: "wiring",
      path: name,
      message: "Cannot use this entry of stages: it is no handle",
      hint: "call the stage with what it reads, as dense(10)(pixels)",
    })),
  ];
  const groups = splitOverrides(pipeline, overrides, issues);
  const run = validate(runConfigSchema, { ...pipeline.run, ...groups.run }, "");
  if (!run.ok) issues.push(...run.issues);

  const stages: ResolvedStage[] = [];
  const seen = new Set<string>();
  for (const stage of pipeline.stages) {
    const inputs = resolveWires(stage, pipeline, seen, issues);
    const resolved = resolveStage(stage.call, {
      path: stage.name,
      overrides: groups.stages.get(stage.name) ?? {},
      inputs,
      issues,
    });
    if (resolved !== undefined) stages.push(resolved);
    seen.add(stage.name);
  }
  return {
    pipeline: run.ok ? { name: pipeline.name, run: run.config, stages } : undefined,
    issues,
  };
}

/** What code without types may give instead of a pipeline. */
function issuesOfShape(pipeline: Partial<Pipeline> | null | undefined): Issue[] {
  if (Array.isArray(pipeline?.stages) && Array.isArray(pipeline.strangers)) return [];
  return [{
    code: "pipeline",
    path: "",
    message: "Cannot use this as a pipeline: it was not made by pipeline()",
    hint: 'give what pipeline({ name: "…", stages: { … } }) returns',
  }];
}

/** A dot would make the paths of --set ambiguous, and names are part of file names. */
const stageName = /^[\p{L}\p{N}_-]+$/u;

function issuesOfNames({ name, stages }: Pipeline): Issue[] {
  const issues: Issue[] = stages.filter((stage) => !stageName.test(stage.name)).map((stage) => ({
    code: "name",
    path: stage.name,
    message: "Cannot use this name for a stage",
    expected: 'letters, digits, "_" and "-"',
    hint: "give it another key under stages",
  }));
  if (typeof name === "string" && name.trim() !== "") return issues;
  return [{
    code: "name",
    path: "name",
    message: "Cannot use this name for a pipeline",
    received: JSON.stringify(name) ?? "nothing",
    expected: "a text that is not empty",
  }, ...issues];
}

/** Sorts overrides by the stage they are for; a first segment that is no stage is a field of the run. */
function splitOverrides(
  pipeline: Pipeline,
  overrides: Overrides,
  issues: Issue[],
): { run: Record<string, unknown>; stages: Map<string, Record<string, unknown>> } {
  const names = pipeline.stages.map((stage) => stage.name);
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

function unknownName(
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
function insideField(
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

/** Resolves options and children of a stage. */
function resolveStage(
  stage: Stage,
  { path, overrides, inputs, issues }: {
    readonly path: string;
    readonly overrides: Readonly<Record<string, unknown>>;
    readonly inputs: Readonly<Record<string, Wire>>;
    readonly issues: Issue[];
  },
): ResolvedStage | undefined {
  const { definition } = stage;
  const own: Record<string, unknown> = {};
  const inner: [string, unknown][] = [];
  for (const [key, value] of Object.entries(overrides)) {
    if (key.includes(".")) inner.push([key, value]);
    else own[key] = value;
  }
  // describing a schema takes longer than using it, and most stages have nothing set
  const fields = Object.keys(overrides).length === 0
    ? []
    : fieldsOf(definition.config).map((field) => field.name);
  for (const key of Object.keys(own)) {
    if (fields.length > 0 && !fields.includes(key)) {
      issues.push(unknownName({ path: `${path}.${key}`, name: key, known: fields, what: "field" }));
      delete own[key];
    }
  }
  const options = Object.keys(own).length === 0
    ? stage.options ?? {}
    : { ...stage.options as Record<string, unknown>, ...own };
  const validated = validate(definition.config, options, path);
  if (!validated.ok) {
    issues.push(...validated.issues);
    return undefined;
  }
  const { config } = validated;
  const inside = definition.kind === "traced" ? definition.children?.(config) ?? {} : {};
  const forChild = new Map<string, Record<string, unknown>>();
  for (const [key, value] of inner) {
    const [child, ...rest] = key.split(".");
    if (child! in inside) {
      forChild.set(child!, { ...forChild.get(child!), [rest.join(".")]: value });
    } else if (fields.includes(child!)) {
      issues.push(insideField({ path: `${path}.${child}`, keys: rest, value }));
    } else {
      issues.push(unknownName({
        path: `${path}.${key}`,
        name: child!,
        known: Object.keys(inside).length === 0 ? fields : Object.keys(inside),
        what: Object.keys(inside).length === 0 ? "field" : "stage",
      }));
    }
  }
  const children: Record<string, ResolvedStage> = {};
  for (const [name, child] of Object.entries(inside)) {
    const resolved = resolveStage(child, {
      path: `${path}.${name}`,
      overrides: forChild.get(name) ?? {},
      inputs: {},
      issues,
    });
    if (resolved === undefined) return undefined;
    children[name] = resolved;
  }
  return { path, definition, config, children, inputs };
}

/** The ports a definition reads. */
export function inputPortsOf(
  definition: StageDefinition,
): Readonly<Record<string, InputPort | RowsPort>> {
  return definition.kind === "loader" ? {} : definition.inputs;
}

/** Looks at the connections of a stage; those that are usable are returned. */
function resolveWires(
  stage: PipelineStage,
  pipeline: Pipeline,
  seen: ReadonlySet<string>,
  issues: Issue[],
): Readonly<Record<string, Wire>> {
  const ports = inputPortsOf(stage.call.definition);
  const wires: Record<string, Wire> = {};
  for (const [name, port] of Object.entries(ports)) {
    const wire = stage.inputs[name];
    const path = `${stage.name}.${name}`;
    if (wire === undefined) {
      if (port.optional !== true) {
        issues.push({
          code: "wiring",
          path,
          message: "Cannot run this stage: the port is not connected",
          hint: `give "${name}" when calling ${stage.call.definition.name}`,
        });
      }
      continue;
    }
    if (!seen.has(wire.stage)) {
      issues.push({
        code: "cycle",
        path,
        message: `Cannot order the stages: ${
          cycleThrough(pipeline, stage.name).map((stage) => `"${stage}"`).join(" reads ")
        }`,
        hint: "break the cycle: a stage cannot read what depends on it",
      });
      continue;
    }
    wires[name] = wire;
  }
  for (const name of Object.keys(stage.inputs)) {
    if (name in ports) continue;
    const nearest = nearestName(name, Object.keys(ports));
    issues.push({
      code: "wiring",
      path: `${stage.name}.${name}`,
      message: `Cannot connect this: ${stage.call.definition.name} has no port "${name}"`,
      hint: nearest === undefined
        ? `its ports: ${Object.keys(ports).join(", ")}`
        : `did you mean "${nearest}"?`,
    });
  }
  return wires;
}

/** A chain of reads from a stage back to itself. */
function cycleThrough(pipeline: Pipeline, start: string): string[] {
  const reads = new Map(
    pipeline.stages.map((stage) => [
      stage.name,
      Object.values(stage.inputs).flatMap((wire) => wire === undefined ? [] : [wire.stage]),
    ]),
  );
  const from = new Map<string, string>();
  const queue = [start];
  for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
    for (const source of reads.get(name) ?? []) {
      if (source === start) {
        const chain = [start];
        for (
          let at: string | undefined = name;
          at !== undefined && at !== start;
          at = from.get(at)
        ) {
          chain.unshift(at);
        }
        return [start, ...chain];
      }
      if (!from.has(source)) {
        from.set(source, name);
        queue.push(source);
      }
    }
  }
  return [start];
}

/**
 * The first half of check: every stage's options become a full configuration, `--set` values are put
 * in their places, and connections are looked at. Nothing is built yet; every issue is gathered.
 *
 * @module
 */
import type { Issue } from "../errors.ts";
import {
  fieldsOf,
  identityOf,
  isShareable,
  type Pipeline,
  type RunConfig,
  runConfigSchema,
  type Stage,
  type StageDefinition,
  validate,
  type Wire,
} from "../declare/mod.ts";
import { insideField, type Overrides, splitOverrides, unknownName } from "./overrides.ts";
import { resolveWires } from "./wires.ts";

/** A stage with its full configuration. */
export interface ResolvedStage {
  /** Path, as `"logits"` or `"logits.dense1"`. */
  readonly path: string;
  /** What its kind of stage answers. */
  readonly definition: StageDefinition;
  /** Its options with `--set` values put in, validated and every default filled in. */
  readonly config: unknown;
  /**
   * The path below which it keeps parameters and state: its own, or that of the first stage with the
   * same layer, or the layer's own name.
   */
  readonly owner: string;
  /** Whether it is frozen, by itself or with the stage around it: nothing that it holds changes. */
  readonly frozen: boolean;
  /** Whether it is frozen by itself. */
  readonly freezes: boolean;
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

  const shared: SharedStages = new Map();
  const optionsOf = (name: string) => ({
    path: name,
    overrides: groups.stages.get(name) ?? {},
    frozen: false,
    shared,
    issues,
  });
  for (const { name, stage } of pipeline.layers) {
    if (stage !== undefined) resolveStage(stage, { ...optionsOf(name), inputs: {} });
  }
  const stages: ResolvedStage[] = [];
  const seen = new Set<string>();
  for (const stage of pipeline.stages) {
    const inputs = resolveWires(stage, pipeline, seen, issues);
    const resolved = resolveStage(stage.call.called, { ...optionsOf(stage.name), inputs });
    if (resolved !== undefined) stages.push(resolved);
    seen.add(stage.name);
  }
  issues.push(...issuesOfLayers(pipeline, shared));
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

/** Named layers are layers, with names that no stage has, and are called. */
function issuesOfLayers({ layers, stages }: Pipeline, shared: SharedStages): Issue[] {
  return layers.flatMap(({ name, stage }): Issue[] => {
    const path = `layers.${name}`;
    if (stage === undefined || !isShareable(stage)) {
      return [{
        code: "layers",
        path,
        message: "Cannot use this entry of layers: it is no layer",
        hint: "give what dense(10) or sequential(…) returns, before it is called",
      }];
    }
    if (!stageName.test(name) || stages.some((other) => other.name === name)) {
      return [{
        code: "name",
        path,
        message: stageName.test(name)
          ? "Cannot use this name for a layer: a stage has it"
          : "Cannot use this name for a layer",
        expected: 'letters, digits, "_" and "-", and no name of a stage',
        hint: "give it another key under layers",
      }];
    }
    const known = shared.get(identityOf(stage));
    if (known === undefined || known.calls > 0) return [];
    return [{
      code: "layers",
      path,
      message: "Cannot use this layer: no stage calls it",
      hint: `call it, as ${name}(x), and list what that gives under stages`,
    }];
  });
}

/** The stages whose parameters may be shared, by identity, with the number of their calls. */
type SharedStages = Map<Stage, { readonly resolved: ResolvedStage | undefined; calls: number }>;

/** How a stage is resolved. */
interface ResolveOptions {
  readonly path: string;
  readonly overrides: Readonly<Record<string, unknown>>;
  readonly inputs: Readonly<Record<string, Wire>>;
  /** Whether the stage around it is frozen. */
  readonly frozen: boolean;
  readonly shared: SharedStages;
  readonly issues: Issue[];
}

/** Resolves options and children of a stage; a layer that is known already is the same again. */
function resolveStage(stage: Stage, options: ResolveOptions): ResolvedStage | undefined {
  const frozen = options.frozen || stage.freezes !== undefined;
  const made = { ...options, frozen };
  if (!isShareable(stage)) return resolveOwn(stage, made);
  const known = options.shared.get(identityOf(stage));
  if (known === undefined) {
    const resolved = resolveOwn(stage, made);
    const isCalled = Object.keys(options.inputs).length > 0 || options.path.includes(".");
    options.shared.set(identityOf(stage), { resolved, calls: isCalled ? 1 : 0 });
    return resolved;
  }
  known.calls++;
  if (known.resolved === undefined) return undefined;
  const { path, overrides, issues, inputs } = options;
  const { owner } = known.resolved;
  for (const [key, value] of Object.entries(overrides)) {
    issues.push({
      code: "config",
      path: `${path}.${key}`,
      message: `Cannot set this: "${path}" has the layer of "${owner}"`,
      hint: `set it there, for all that share it: --set ${owner}.${key}=${value}`,
    });
  }
  const freezes = stage.freezes !== undefined;
  return { ...sharedAt(known.resolved, path, frozen), freezes, inputs };
}

/** A resolved stage at another path, with the same parameters. */
function sharedAt(stage: ResolvedStage, path: string, frozen: boolean): ResolvedStage {
  return {
    ...stage,
    path,
    frozen,
    children: Object.fromEntries(
      Object.entries(stage.children).map(([name, child]) => [
        name,
        sharedAt(child, `${path}.${name}`, frozen || child.freezes),
      ]),
    ),
  };
}

/** Resolves options and children of a stage that shares nothing with one before. */
function resolveOwn(
  stage: Stage,
  { path, overrides, inputs, frozen, shared, issues }: ResolveOptions,
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
      frozen,
      shared,
      issues,
    });
    if (resolved === undefined) return undefined;
    children[name] = resolved;
  }
  const freezes = stage.freezes !== undefined;
  return { path, definition, config, owner: path, frozen, freezes, children, inputs };
}

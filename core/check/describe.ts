/**
 * A resolved pipeline as plain data: what is saved beside a model, hashed, and shown.
 *
 * @module
 */
import { isRecord, sha256 } from "../formats/mod.ts";
import { describeSchema, type Schema, type Stage, stageOf } from "../declare/mod.ts";
import type { ResolvedPipeline, ResolvedStage } from "./resolve.ts";
import { neededFor, type Purpose } from "./purpose.ts";

/** Longer arrays are given by their length and hash. */
const longestArray = 64;

/** A resolved pipeline as plain data. */
export interface PipelineDescription {
  /** Name of the pipeline. */
  readonly name: string;
  /** How it is run, every default filled in: the fields of `RunConfig`. */
  readonly run: Readonly<Record<string, unknown>>;
  /** Its stages, each after those it reads. */
  readonly stages: readonly StageDescription[];
}

/** A resolved stage as plain data. */
export interface StageDescription {
  /** Last part of the stage's path: `"dense1"` of `"logits.dense1"`. */
  readonly name: string;
  /** Kind of stage, as `"dense"`. */
  readonly kind: string;
  /** Family of stages it belongs to, as `"layer"`. */
  readonly family: string;
  /**
   * Its configuration, without the stages inside. A function is given by its name, and so is an
   * object that has a `name` and else only functions, as a schedule: what tells two of them apart
   * must be in the name. A Standard Schema is given as what it says of itself. An
   * array of more than 64 items is given as `{ items, sha256 }`.
   */
  readonly config: unknown;
  /** What each port is connected to, as `"digits.image"`. */
  readonly inputs: Readonly<Record<string, string>>;
  /** Set where nothing that the stage holds changes. */
  readonly frozen?: true;
  /** Path of the layer whose parameters it has, where that is not its own. */
  readonly layer?: string;
  /** Stages inside this one. */
  readonly children?: readonly StageDescription[];
}

/** Describes a resolved pipeline. */
export function describePipeline(pipeline: ResolvedPipeline): PipelineDescription {
  return {
    name: pipeline.name,
    run: { ...pipeline.run },
    stages: pipeline.stages.map(describeStage),
  };
}

/** Tells whether data that was read from a file is the description of a pipeline. */
export function isPipelineDescription(x: unknown): x is PipelineDescription {
  if (!isRecord(x)) return false;
  const { name, run, stages } = x;
  return typeof name === "string" && isRecord(run) && Array.isArray(stages) &&
    stages.every(isStageDescription);
}

function isStageDescription(x: unknown): x is StageDescription {
  if (!isRecord(x)) return false;
  const { name, kind, family, inputs, children = [] } = x;
  return [name, kind, family].every((text) => typeof text === "string") &&
    isRecord(inputs) && Object.values(inputs).every((wire) => typeof wire === "string") &&
    Array.isArray(children) && children.every(isStageDescription);
}

/** Describes the stages that a purpose needs, each after those it reads. */
export function describeStages(
  pipeline: ResolvedPipeline,
  purpose: Purpose,
): readonly StageDescription[] {
  const needed = neededFor(pipeline, purpose);
  return pipeline.stages.filter(({ path }) => needed.has(path)).map(describeStage);
}

function describeStage(stage: ResolvedStage): StageDescription {
  const { definition, config, inputs } = stage;
  const children = Object.values(stage.children).map(describeStage);
  const inside = children.length > 0 && definition.kind === "traced"
    ? Object.values(definition.children?.(config) ?? {})
    : [];
  return {
    name: stage.path.split(".").at(-1)!,
    kind: definition.name,
    family: definition.family,
    config: plain(inside.length > 0 ? without(inside, config) ?? {} : config),
    inputs: Object.fromEntries(
      Object.entries(inputs).map(([port, wire]) => [port, `${wire.stage}.${wire.port}`]),
    ),
    ...(stage.frozen ? { frozen: true } : {}),
    ...(stage.owner === stage.path ? {} : { layer: stage.owner }),
    ...(children.length > 0 ? { children } : {}),
  };
}

/** A configuration without some stages in it; `undefined` when nothing else is in it. */
function without(stages: readonly Stage[], value: unknown): unknown {
  const stage = stageOf(value);
  if (stage !== undefined) return stages.includes(stage) ? undefined : value;
  if (Array.isArray(value)) {
    const left = value.map((item) => without(stages, item)).filter((item) => item !== undefined);
    return left.length > 0 || value.length === 0 ? left : undefined;
  }
  if (typeof value !== "object" || value === null) return value;
  if (Object.getPrototypeOf(value) !== Object.prototype) return value;
  const left = Object.entries(value).map(([key, item]) => [key, without(stages, item)] as const)
    .filter(([, item]) => item !== undefined);
  return left.length > 0 || Object.keys(value).length === 0 ? Object.fromEntries(left) : undefined;
}

/** Anything as data that JSON keeps. */
function plain(value: unknown): unknown {
  const stage = stageOf(value);
  if (stage !== undefined) return { kind: stage.definition.name, options: plain(stage.options) };
  if (isSchema(value)) return plain(describeSchema(value));
  if (typeof value === "function") return value.name;
  if (typeof value === "bigint" || typeof value === "number" && !Number.isFinite(value)) {
    return String(value);
  }
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value) || ArrayBuffer.isView(value)) return plainArray(value);
  if (value instanceof Map || value instanceof Set) return plain([...value]);
  if ("toJSON" in value && typeof value.toJSON === "function") return plain(value.toJSON());
  return plainObject(value);
}

/** A Standard Schema, which some libraries make as functions. */
function isSchema(value: unknown): value is Schema<unknown, unknown> {
  return (typeof value === "object" && value !== null || typeof value === "function") &&
    "~standard" in value;
}

/** An object by its fields; by its name where it has else only functions. */
function plainObject(value: object): unknown {
  const fields = Object.entries(value);
  const functions = fields.filter(([, item]) => typeof item === "function");
  const data = fields.filter(([key, item]) => key !== "name" && typeof item !== "function");
  if ("name" in value && functions.length > 0 && data.length === 0) return value.name;
  return Object.fromEntries(fields.map(([key, item]) => [key, plain(item)]));
}

function plainArray(array: readonly unknown[] | ArrayBufferView): unknown {
  const items = Array.isArray(array) ? array : array as unknown as ArrayLike<unknown>;
  if (items.length <= longestArray) return Array.from(items, plain);
  const numbers = ArrayBuffer.isView(array)
    ? array
    : array.every((item) => typeof item === "number")
    ? Float64Array.from(array)
    : undefined;
  const parts = numbers === undefined
    ? (array as readonly unknown[]).map((item) => `${textOf(plain(item))}\n`)
    : [`${numbers.constructor.name}:`, numbers];
  return { items: items.length, sha256: sha256(parts) };
}

function textOf(data: unknown): string {
  return JSON.stringify(data) ?? "undefined";
}

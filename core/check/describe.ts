/**
 * A resolved pipeline as plain data: what is saved beside a model, hashed, and shown.
 *
 * @module
 */
import type { ResolvedPipeline, ResolvedStage } from "./resolve.ts";

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
  /** Its configuration; functions and objects with a name are given by their names. */
  readonly config: unknown;
  /** What each port is connected to, as `"digits.image"`. */
  readonly inputs: Readonly<Record<string, string>>;
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

function describeStage(stage: ResolvedStage): StageDescription {
  const children = Object.values(stage.children).map(describeStage);
  return {
    name: stage.path.split(".").at(-1)!,
    kind: stage.definition.name,
    family: stage.definition.family,
    config: children.length > 0 ? {} : plain(stage.config),
    inputs: Object.fromEntries(
      Object.entries(stage.inputs).map(([port, wire]) => [port, `${wire.stage}.${wire.port}`]),
    ),
    ...(children.length > 0 ? { children } : {}),
  };
}

/** Data as data, things with a name by their names, long arrays by their length. */
function plain(value: unknown): unknown {
  if (typeof value === "function") return value.name;
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value) || ArrayBuffer.isView(value)) {
    const items = Array.from(value as ArrayLike<unknown>);
    return items.length > 64 ? `${items.length} items` : items.map(plain);
  }
  if (Object.values(value).some((item) => typeof item === "function") && "name" in value) {
    return value.name;
  }
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
}

/**
 * What graphs are traced for, and which stages that needs.
 *
 * @module
 */
import { type Issue, nearestName } from "../errors.ts";
import type { ResolvedPipeline } from "./resolve.ts";

/** What a graph is for. */
export type Purpose =
  /** Losses, metrics, and every update. */
  | "train"
  /** Losses and metrics, as for unseen data. */
  | "evaluate"
  /** The output of one stage, as for unseen data. */
  | { readonly predict: string }
  /** The inputs of a stage that fits itself to data, by its path. */
  | { readonly fit: string };

/** A purpose in words, for the name of a graph. */
export function purposeName(purpose: Purpose): string {
  if (typeof purpose === "string") return purpose;
  return "fit" in purpose ? `fit ${purpose.fit}` : `predict ${purpose.predict}`;
}

/** The stages whose outputs a purpose wants. */
export function targetsOf(pipeline: ResolvedPipeline, purpose: Purpose): string[] {
  if (typeof purpose === "object") {
    // a stage inside another has no name of its own in the pipeline
    return ["fit" in purpose ? purpose.fit.split(".")[0]! : purpose.predict];
  }
  const families = purpose === "train" ? ["optimizer", "loss", "metric"] : ["loss", "metric"];
  return pipeline.stages.filter((stage) => families.includes(stage.definition.family)).map((
    stage,
  ) => stage.path);
}

/** Paths of the stages whose outputs a purpose wants, and of those that they read, directly or not. */
export function neededFor(pipeline: ResolvedPipeline, purpose: Purpose): Set<string> {
  const needed = new Set(targetsOf(pipeline, purpose));
  for (const stage of pipeline.stages.toReversed()) {
    if (!needed.has(stage.path)) continue;
    for (const wire of Object.values(stage.inputs)) needed.add(wire.stage);
  }
  return needed;
}

/**
 * The losses that are made small: those that a backward pass reads; in a pipeline without one, those
 * that no other loss is made of.
 */
export function finalLosses(pipeline: ResolvedPipeline, losses: readonly string[]): string[] {
  const readBy = (family: string) =>
    new Set(
      pipeline.stages.filter((stage) => stage.definition.family === family)
        .flatMap(({ inputs }) => Object.values(inputs).map(({ stage }) => stage)),
    );
  const trained = losses.filter((path) => readBy("backward").has(path));
  return trained.length > 0 ? trained : losses.filter((path) => !readBy("loss").has(path));
}

/** Names that an issue about an unknown stage can offer. */
export function unknownStage(pipeline: ResolvedPipeline, name: string): Issue {
  const known = pipeline.stages.map((stage) => stage.path);
  const nearest = nearestName(name, known);
  return {
    code: "unknown",
    path: name,
    message: `Cannot find stage "${name}"`,
    hint: nearest === undefined ? `stages: ${known.join(", ")}` : `did you mean "${nearest}"?`,
  };
}

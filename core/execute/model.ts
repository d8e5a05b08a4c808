/**
 * Trained models as files: weights and fitted transforms in a safetensors file, with the pipeline's
 * description in its metadata. Loading one never runs code.
 *
 * @module
 */
import { DataError, type Issue, nearestName, PipelineError } from "../errors.ts";
import { formatSpec, sameSpec } from "../tensor/mod.ts";
import {
  decodeSafetensors,
  encodeSafetensors,
  readBytes,
  writeFileAtomic,
} from "../formats/mod.ts";
import type { VariableLayout } from "../plan/mod.ts";
import type { PipelineDescription, StageDescription } from "../check/mod.ts";
import { isModelVariable } from "./engine.ts";
import type { TrainedModel } from "./types.ts";

const formatKey = "millrace.format";
const pipelineKey = "millrace.pipeline";

/** Encodes a model as the bytes of a `model.safetensors`. Equal models give equal bytes. */
export function encodeModel(model: TrainedModel): Uint8Array {
  return encodeSafetensors(model.tensors, {
    [formatKey]: "model 1",
    [pipelineKey]: JSON.stringify(model.description),
  });
}

/** Writes a model to a file, whole or not at all. */
export async function saveModel(path: string, model: TrainedModel): Promise<void> {
  await writeFileAtomic(path, encodeModel(model));
}

/**
 * Reads a model from a `model.safetensors`.
 *
 * @throws {DataError} When the file is missing, torn, altered, or no model of Millrace.
 */
export async function loadModel(path: string): Promise<TrainedModel> {
  const { tensors, metadata } = decodeSafetensors((await readBytes(path)).bytes, path, {
    requireChecksum: true,
  });
  const description = parseDescription(metadata[pipelineKey], path);
  return { pipeline: description.name, tensors, description };
}

function parseDescription(text: string | undefined, file: string): PipelineDescription {
  let cause: unknown;
  try {
    const description: unknown = JSON.parse(text ?? "null");
    if (isDescription(description)) return description;
  } catch (error) {
    cause = error;
  }
  throw new DataError(
    "Cannot load the model: the file has no description of a Millrace pipeline",
    { file, hint: "give a model.safetensors that `train` wrote", cause },
  );
}

function isDescription(x: unknown): x is PipelineDescription {
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

function isRecord(x: unknown): x is Record<string, unknown> {
  return typeof x === "object" && x !== null && !Array.isArray(x);
}

/**
 * Checks that a model is of the pipeline that wants it: that it has the pipeline's tensors, and was
 * trained with stages that compute the same.
 *
 * @param options.stages The stages that are to be computed. What does not change what is computed
 * is not compared: loaders, metrics, and the settings of losses.
 * @throws {PipelineError} With every stage that differs, and every tensor that is missing or has
 * another shape.
 */
export function requireModelFits(
  model: TrainedModel,
  layout: VariableLayout,
  { stages = [] }: { readonly stages?: readonly StageDescription[] } = {},
): void {
  const issues = [
    ...stages.flatMap((stage) => stageDifferences(model, stage)),
    ...tensorDifferences(model, layout),
  ];
  if (issues.length > 0) throw new PipelineError(issues);
}

function tensorDifferences(model: TrainedModel, layout: VariableLayout): Issue[] {
  const known = Object.keys(model.tensors);
  return layout.slots.filter(isModelVariable).flatMap((slot) => {
    const tensor = model.tensors[slot.path];
    if (tensor !== undefined && sameSpec(tensor, slot.spec)) return [];
    const nearest = nearestName(slot.path, known);
    return [{
      code: "model",
      path: slot.path,
      message: refusal(model),
      received: tensor === undefined ? "no such tensor" : formatSpec(tensor),
      expected: formatSpec(slot.spec),
      ...(tensor === undefined && nearest !== undefined
        ? { hint: `the model has "${nearest}"` }
        : { hint: "give the model that this pipeline trained, or train it anew" }),
    }];
  });
}

/** What is compared of two stages, by path. */
interface Difference {
  readonly path: string;
  /** What the model was trained with. */
  readonly received: string;
  /** What the pipeline says. */
  readonly expected: string;
}

function stageDifferences(model: TrainedModel, stage: StageDescription): Issue[] {
  if (stage.family === "loader" || stage.family === "metric") return [];
  const trained = model.description.stages.find(({ name }) => name === stage.name);
  return compareStages(stage.name, trained, stage).map((difference) => ({
    code: "model",
    message: refusal(model),
    ...difference,
    hint: "use the pipeline and --set values that the model was trained with",
  }));
}

function refusal({ pipeline }: TrainedModel): string {
  return `Cannot load the model of pipeline "${pipeline}" into this one`;
}

function compareStages(
  path: string,
  trained: StageDescription | undefined,
  stage: StageDescription,
): Difference[] {
  if (trained?.kind !== stage.kind) {
    return [{ path, received: trained?.kind ?? "no such stage", expected: stage.kind }];
  }
  const { children = [] } = stage;
  const { children: trainedChildren = [] } = trained;
  const names = (children: readonly StageDescription[]) =>
    children.map(({ name }) => name).join(", ") || "no stages inside";
  return [
    ...compareFields(path, trained.inputs, stage.inputs),
    ...(stage.family === "loss" ? [] : compareFields(path, trained.config, stage.config)),
    // stages inside one another are computed in their order
    ...compareTexts(path, names(trainedChildren), names(children)),
    ...children.flatMap((child) => {
      const trainedChild = trainedChildren.find(({ name }) => name === child.name);
      return trainedChild === undefined
        ? []
        : compareStages(`${path}.${child.name}`, trainedChild, child);
    }),
  ];
}

/** Compares records by field, anything else as a whole. */
function compareFields(path: string, trained: unknown, wanted: unknown): Difference[] {
  if (!isRecord(trained) || !isRecord(wanted)) {
    return compareTexts(path, textOf(trained), textOf(wanted));
  }
  const [before, now] = [new Map(Object.entries(trained)), new Map(Object.entries(wanted))];
  return [...new Set([...now.keys(), ...before.keys()])].flatMap((name) =>
    compareTexts(`${path}.${name}`, textOf(before.get(name)), textOf(now.get(name)))
  );
}

function compareTexts(path: string, received: string, expected: string): Difference[] {
  return received === expected ? [] : [{ path, received, expected }];
}

/** Data as JSON text in which the order of fields does not matter. */
function textOf(data: unknown): string {
  const text = JSON.stringify(
    data,
    (_, value) =>
      isRecord(value)
        ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1))
        : value,
  );
  return text ?? "nothing";
}

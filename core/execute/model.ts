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
import {
  isPipelineDescription,
  type PipelineDescription,
  type StageDescription,
  stageDifferences,
} from "../check/mod.ts";
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
    if (isPipelineDescription(description)) return description;
  } catch (error) {
    cause = error;
  }
  throw new DataError(
    "Cannot load the model: the file has no description of a Millrace pipeline",
    { file, hint: "give a model.safetensors that `train` wrote", cause },
  );
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
    ...stages.flatMap((stage) => differencesOf(model, stage)),
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

/** The differences of a stage that is to be computed, in what changes its results. */
function differencesOf(model: TrainedModel, stage: StageDescription): Issue[] {
  if (stage.family === "loader" || stage.family === "metric") return [];
  const trained = model.description.stages.find(({ name }) => name === stage.name);
  const compared = ({ frozen: _, children, ...stage }: StageDescription): StageDescription => ({
    ...stage,
    // what learns and what a loss counts make no difference to what is computed
    ...(stage.family === "loss" ? { config: {} } : {}),
    ...(children === undefined ? {} : { children: children.map(compared) }),
  });
  return stageDifferences(trained && compared(trained), compared(stage), stage.name).map((
    { path, before, now },
  ) => ({
    code: "model",
    path,
    message: refusal(model),
    received: before,
    expected: now,
    hint: "use the pipeline and --set values that the model was trained with",
  }));
}

function refusal({ pipeline }: TrainedModel): string {
  return `Cannot load the model of pipeline "${pipeline}" into this one`;
}

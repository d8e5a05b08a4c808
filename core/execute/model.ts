/**
 * Trained models as files: weights and fitted transforms in a safetensors file, with the pipeline's
 * description in its metadata. Loading one never runs code.
 *
 * @module
 */
import { DataError, nearestName, PipelineError } from "../errors.ts";
import { formatSpec, sameSpec } from "../tensor/mod.ts";
import {
  decodeSafetensors,
  encodeSafetensors,
  fileError,
  writeFileAtomic,
} from "../formats/mod.ts";
import type { VariableLayout } from "../plan/mod.ts";
import type { PipelineDescription } from "../check/mod.ts";
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
  const { tensors, metadata } = decodeSafetensors(await readBytes(path), path);
  const description = parseDescription(metadata[pipelineKey], path);
  return { pipeline: description.name, tensors, description };
}

/** Reads a file whole; what fails is said clearly. */
export async function readBytes(path: string): Promise<Uint8Array> {
  try {
    return await Deno.readFile(path);
  } catch (cause) {
    throw fileError("read", path, cause);
  }
}

function parseDescription(text: string | undefined, file: string): PipelineDescription {
  try {
    if (text !== undefined) return JSON.parse(text);
  } catch {
    // said below, as for a file without a description
  }
  throw new DataError(
    "Cannot load the model: the file has no description of a Millrace pipeline",
    { file, hint: "give a model.safetensors that `train` wrote" },
  );
}

/**
 * Checks that a model's tensors are those that a pipeline wants.
 *
 * @throws {PipelineError} With every tensor that is missing or has another shape.
 */
export function requireModelFits(model: TrainedModel, layout: VariableLayout): void {
  const known = Object.keys(model.tensors);
  const issues = layout.slots.filter(isModelVariable).flatMap((slot) => {
    const tensor = model.tensors[slot.path];
    if (tensor !== undefined && sameSpec(tensor, slot.spec)) return [];
    const nearest = nearestName(slot.path, known);
    return [{
      code: "model",
      path: slot.path,
      message: `Cannot load the model of pipeline "${model.pipeline}" into this one`,
      received: tensor === undefined ? "no such tensor" : formatSpec(tensor),
      expected: formatSpec(slot.spec),
      ...(tensor === undefined && nearest !== undefined
        ? { hint: `the model has "${nearest}"` }
        : { hint: "give the model that this pipeline trained, or train it anew" }),
    }];
  });
  if (issues.length > 0) throw new PipelineError(issues);
}

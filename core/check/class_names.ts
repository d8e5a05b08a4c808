/**
 * Which classes the columns of a predicted tensor stand for.
 *
 * @module
 */
import { sameShape } from "../tensor/mod.ts";
import { sourceNode, type Value } from "../graph/mod.ts";
import { type DataPorts, labelsComparedWith } from "./ports.ts";
import type { ResolvedPipeline } from "./resolve.ts";

/**
 * Names of the classes that the columns of a tensor stand for: of the labels that a loss or metric
 * compares it with, or a tensor that it is computed from place by place, as probabilities are from
 * logits.
 *
 * @param flows What flows out of stages, by `"stage.port"`.
 */
export function classNames(
  predicted: Value,
  { flows, pipeline, ports }: {
    readonly flows: ReadonlyMap<string, { readonly flow: unknown }>;
    readonly pipeline: ResolvedPipeline;
    readonly ports: DataPorts;
  },
): readonly string[] | undefined {
  const { shape } = predicted.spec;
  if (shape.length < 2) return undefined;
  for (const value of placeByPlace(predicted)) {
    const outputs = [...flows].filter(([, { flow }]) => flow === value).map(([name]) => name);
    const compared = labelsComparedWith(new Set(outputs), { pipeline, ports });
    const labels = compared.find(({ classes, names }) =>
      classes === shape.at(-1) && names !== undefined
    );
    if (labels !== undefined) return labels.names;
  }
  return undefined;
}

/** A value, and those of its shape that it is computed from place by place, nearest first. */
function placeByPlace(value: Value): Set<Value> {
  const found = new Set([value]);
  // a set gives what is added while it is walked
  for (const at of found) {
    const node = sourceNode(at);
    if (node?.op.kind !== "elementwise") continue;
    for (const input of node.inputs) {
      if (sameShape(input.spec.shape, value.spec.shape)) found.add(input);
    }
  }
  return found;
}

/**
 * Which values are stored in 16 bits where training is of mixed precision. Kernels compute in float32
 * whatever is stored: a load converts, and a store rounds.
 *
 * The rule: a value of the workspace is stored so when a contraction reads it, when such a value is made
 * of it place by place, without a sum between, or when a kernel gives it beside such a value. From a
 * cotangent this goes on to cotangents alone. These are the activations and cotangents of a network,
 * nearly all of its memory. What is left in 32 bits:
 * - variables, gradients, inputs and outputs, and so all losses and metrics that are reported;
 * - what is written where a joint value has it (`joins.ts`), for all parts of a value are stored alike;
 * - what a reduction gives (the statistics of a normalization, the maxima and sums of a softmax);
 * - what leads to no contraction but those of the reverse walk (logits, differences from targets, losses
 *   of examples): so a loss is computed in float32 throughout;
 * - what is computed of no floats: numbers drawn at random, whose comparison with a rate must come out
 *   the same forward and backward.
 *
 * Weights are not copied in 16 bits: without the units for products of matrices, which WebGPU does not
 * reach, a copy saves no arithmetic, and what it saves in reading them is spent on making it.
 *
 * @module
 */
import { sizeOf } from "../tensor/mod.ts";
import { sourceNode, type Value } from "../graph/mod.ts";
import { anchorLoads, type FusedKernel, lengthOf } from "./cluster.ts";

/** How training stores floats: all in 32 bits, or activations and cotangents in 16. */
export type Precision = "full" | "mixed";

/** The names of the precisions, the default first. */
export const precisions: readonly Precision[] = ["full", "mixed"];

/**
 * The values that are stored in 16 bits.
 *
 * @param isFree Whether a value's place is the workspace.
 */
export function halfValues(
  kernels: readonly FusedKernel[],
  isFree: (value: Value) => boolean,
): ReadonlySet<Value> {
  const writers = new Map<Value, FusedKernel>();
  for (const kernel of kernels) {
    for (const { value } of kernel.results) writers.set(value, kernel);
  }
  const halves = new Set<Value>();
  const add = (value: Value) => {
    const writer = writers.get(value);
    const isActivation = writer !== undefined && value.spec.dtype === "f32" &&
      lengthOf(value) > 1 && isFree(value) && !isReduction(writer) && readsFloats(writer);
    if (isActivation) halves.add(value);
  };
  // readers come after what they read
  for (const kernel of kernels.toReversed()) {
    const { anchor, shape } = kernel.cluster;
    if (anchor?.kind === "op" && anchor.op.kind === "contraction") {
      for (const { base } of anchorLoads(kernel.cluster)) add(base);
    }
    if (isReduction(kernel)) continue;
    const results = kernel.results.map(({ value }) => value);
    const found = results.filter((value) => halves.has(value));
    if (found.length === 0) continue;
    const places = sizeOf(shape);
    const read = [
      ...kernel.loads.filter(({ base }) => lengthOf(base) === places),
      ...(anchor?.kind === "op" ? anchorLoads(kernel.cluster) : []),
    ];
    const isForward = !found.every(isCotangent);
    for (const value of [...read.map(({ base }) => base), ...results]) {
      if (isForward || isCotangent(value)) add(value);
    }
  }
  return halves;
}

function isCotangent(value: Value): boolean {
  return sourceNode(value)?.backward === true;
}

function isReduction({ cluster: { anchor } }: FusedKernel): boolean {
  return anchor?.kind === "reduce";
}

function readsFloats({ cluster, loads }: FusedKernel): boolean {
  return [...loads, ...anchorLoads(cluster)].some(({ base: { spec } }) =>
    spec.dtype === "f32" || spec.dtype === "u8"
  );
}

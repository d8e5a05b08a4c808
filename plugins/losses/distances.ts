/**
 * Distances between embeddings, for the losses that draw like to like.
 *
 * @module
 */
import { formatSpec, ops, type Value } from "../../core/mod.ts";
import { requireSameShape } from "../shapes.ts";

/** What is added to each difference, as in PyTorch: equal vectors have a gradient then. */
const epsilon = 1e-6;

/**
 * `|a - b + 1e-6|`, the Euclidean distance of each row.
 *
 * @throws {TypeError} When the shapes differ, or are not `[batch, features]`.
 */
export function distanceOf(pair: Readonly<Record<string, Value>>): Value {
  requireSameShape(pair);
  const [[name, a], [, b]] = Object.entries(pair) as [[string, Value], [string, Value]];
  if (a.spec.shape.length !== 2) {
    throw new TypeError(
      `Cannot measure distances: received "${name}" ${
        formatSpec(a.spec)
      }, expected f32[batch, features]`,
    );
  }
  const difference = ops.add(ops.sub(a, b), epsilon);
  return ops.sqrt(ops.reduceSum(ops.square(difference), { axes: [-1] }));
}

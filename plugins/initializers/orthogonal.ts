/**
 * Initial weights that are orthogonal.
 *
 * @module
 */
import {
  formatShape,
  type Initializer,
  type RandomStream,
  type Shape,
  sizeOf,
} from "../../core/mod.ts";
import { requireFinite } from "./distributions.ts";

/** Options of {@linkcode orthogonal}. */
export interface OrthogonalOptions {
  /** What every element is multiplied by. Default 1. */
  readonly gain?: number | undefined;
}

/**
 * A random matrix whose columns are at right angles and have length `gain`, `QᵀQ = gain² · I`; where it
 * has more columns than rows, its rows are. A product with it keeps the length of signals, through any
 * number of steps of a recurrent layer. More axes than two are taken together, all but the last.
 *
 * Numerics: columns of normal numbers, each freed twice from those before it (Gram and Schmidt), in
 * float64: every orthogonal matrix is as likely as every other. It takes `2 rows · columns²`
 * multiply-adds, once, before training.
 *
 * Differs: as Keras's `Orthogonal` and PyTorch's `orthogonal_`, which takes weights `[out, in]`.
 *
 * Counterparts: Keras `Orthogonal`; PyTorch `init.orthogonal_`; TensorFlow.js
 * `initializers.orthogonal`
 *
 * @param options.gain A finite number; default 1.
 * @returns An initializer for shapes of two and more axes.
 * @throws {RangeError} When the gain is not finite, or the shape has fewer than two axes.
 *
 * @example
 * ```ts
 * import { orthogonal, RandomStream } from "@millrace/millrace";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const [a, b, c, d] = orthogonal().sample([2, 2], new RandomStream(0, "weight"));
 * assertAlmostEquals(a! * a! + c! * c!, 1, 1e-6); // a column of length 1
 * assertAlmostEquals(a! * b! + c! * d!, 0, 1e-6); // and another, at a right angle
 * ```
 *
 * Source: Saxe, McClelland, Ganguli, "Exact solutions to the nonlinear dynamics of learning in deep
 * linear neural networks", ICLR 2014, https://arxiv.org/abs/1312.6120
 */
export function orthogonal({ gain = 1 }: OrthogonalOptions = {}): Initializer {
  requireFinite({ gain });
  return {
    name: gain === 1 ? "orthogonal" : `orthogonal(gain ${gain})`,
    requireShape: requireAxes,
    sample(shape, random) {
      requireAxes(shape);
      return orthogonalMatrix(shape, { gain, random });
    },
  };
}

function orthogonalMatrix(
  shape: Shape,
  { gain, random }: { readonly gain: number; readonly random: RandomStream },
): Float32Array {
  const rows = sizeOf(shape.slice(0, -1));
  const columns = shape.at(-1)!;
  const isTall = rows >= columns;
  const [count, length] = isTall ? [columns, rows] : [rows, columns];
  const vectors: Float64Array[] = [];
  for (let i = 0; i < count; i++) vectors.push(nextVector(vectors, { length, random }));
  const weights = new Float32Array(rows * columns);
  vectors.forEach((vector, i) => {
    for (let j = 0; j < length; j++) {
      weights[isTall ? j * columns + i : i * columns + j] = gain * vector[j]!;
    }
  });
  return weights;
}

/** A random vector of length 1 at right angles to others. */
function nextVector(
  others: readonly Float64Array[],
  { length, random }: { readonly length: number; readonly random: RandomStream },
): Float64Array {
  const vector = Float64Array.from({ length }, () => random.normal());
  // what one pass leaves, by rounding, a second takes away
  for (let pass = 0; pass < 2; pass++) {
    for (const other of others) {
      const along = dot(vector, other);
      for (let j = 0; j < length; j++) vector[j]! -= along * other[j]!;
    }
  }
  const size = Math.sqrt(dot(vector, vector));
  for (let j = 0; j < length; j++) vector[j]! /= size;
  return vector;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

function requireAxes(shape: Shape): void {
  if (shape.length >= 2) return;
  throw new RangeError(
    `Cannot initialize orthogonally: received shape ${formatShape(shape)}, ` +
      "expected two axes or more",
  );
}

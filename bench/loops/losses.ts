/**
 * Losses as plain TypeScript loops: the value and the gradient by the predictions, in one pass over the
 * examples.
 *
 * @module
 */

import { ownCopy } from "./own_copy.ts";

/** What a loop of a loss reads and writes. */
export interface LossArrays {
  /** Predictions or logits, or the first of several vectors. */
  readonly x: Float32Array;
  /** Targets, or further vectors. */
  readonly others: readonly Float32Array[];
  readonly labels: Uint8Array;
  /** The gradient of the mean over the examples by `x`. */
  readonly gradient: Float32Array;
}

/** Computes a loss over rows of so many numbers, and its gradient. */
export type LossLoop = (arrays: LossArrays, width: number) => number;

/** A mean over numbers that are compared one by one: a value and its derivative. */
const elementwise: (
  value: (x: number, target: number) => number,
  slope: (x: number, target: number) => number,
) => LossLoop = ownCopy((value, slope) => ({ x, others: [targets], gradient }) => {
  const count = x.length;
  let sum = 0;
  for (let i = 0; i < count; i++) {
    sum += value(x[i]!, targets![i]!);
    gradient[i] = slope(x[i]!, targets![i]!) / count;
  }
  return sum / count;
});

// `x ** 2` would be a call
const squared = (x: number) => x * x;
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const softplus = (x: number) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

/** Losses that compare number by number. */
export const elementLoops: Readonly<Record<string, LossLoop>> = {
  meanSquaredError: elementwise((x, t) => squared(x - t), (x, t) => 2 * (x - t)),
  meanAbsoluteErrorLoss: elementwise((x, t) => Math.abs(x - t), (x, t) => Math.sign(x - t)),
  huber: elementwise(
    (x, t) => Math.abs(x - t) <= 1 ? squared(x - t) / 2 : Math.abs(x - t) - 0.5,
    (x, t) => Math.max(-1, Math.min(1, x - t)),
  ),
  logCosh: elementwise(
    (x, t) => Math.abs(x - t) + Math.log1p(Math.exp(-2 * Math.abs(x - t))) - Math.LN2,
    (x, t) => Math.tanh(x - t),
  ),
  meanAbsolutePercentageError: elementwise(
    (x, t) => 100 * Math.abs(x - t) / Math.max(Math.abs(t), 1e-7),
    (x, t) => 100 * Math.sign(x - t) / Math.max(Math.abs(t), 1e-7),
  ),
  poisson: elementwise((x, t) => Math.exp(x) - t * x, (x, t) => Math.exp(x) - t),
  binaryCrossEntropy: elementwise(
    (x, t) => Math.max(x, 0) - x * t + Math.log1p(Math.exp(-Math.abs(x))),
    (x, t) => sigmoid(x) - t,
  ),
  binaryFocalCrossEntropy: elementwise(
    (x, t) => squared(sigmoid(t === 1 ? -x : x)) * softplus(t === 1 ? -x : x),
    (x, t) => {
      const sign = t === 1 ? -1 : 1;
      const missed = sigmoid(sign * x);
      return sign * squared(missed) * (2 * (1 - missed) * softplus(sign * x) + missed);
    },
  ),
};

/** Writes the softmax of a row, of scores times a scale, and gives their log-sum-exp. */
function softmaxRow(
  { x, y, first, width }: {
    readonly x: Float32Array;
    readonly y: Float32Array;
    readonly first: number;
    readonly width: number;
  },
  scale = 1,
): number {
  let largest = -Infinity;
  for (let j = 0; j < width; j++) largest = Math.max(largest, scale * x[first + j]!);
  let sum = 0;
  for (let j = 0; j < width; j++) {
    sum += y[first + j] = Math.exp(scale * x[first + j]! - largest);
  }
  for (let j = 0; j < width; j++) y[first + j]! /= sum;
  return largest + Math.log(sum);
}

/** A mean over rows: `row` gives a row's loss, and writes the gradient of it alone. */
const rowwise: (
  row: (arrays: LossArrays, first: number, sizes: { row: number; width: number }) => number,
) => LossLoop = ownCopy((row) => (arrays, width) => {
  const { x, gradient } = arrays;
  const rows = x.length / width;
  let sum = 0;
  for (let i = 0; i < rows; i++) sum += row(arrays, i * width, { row: i, width });
  for (let i = 0; i < gradient.length; i++) gradient[i]! /= rows;
  return sum / rows;
});

/** Losses of scores of classes against labels. */
export const labelLoops: Readonly<Record<string, LossLoop>> = {
  sparseCategoricalCrossEntropy: rowwise(({ x, labels, gradient }, first, { row, width }) => {
    const all = softmaxRow({ x, y: gradient, first, width });
    const own = first + labels[row]!;
    gradient[own]! -= 1;
    return all - x[own]!;
  }),
  focalCrossEntropy: rowwise(({ x, labels, gradient }, first, { row, width }) => {
    const all = softmaxRow({ x, y: gradient, first, width });
    const own = first + labels[row]!;
    const surprise = all - x[own]!;
    const probability = gradient[own]!;
    const missed = 1 - probability;
    const slope = squared(missed) + 2 * missed * probability * surprise;
    gradient[own]! -= 1;
    for (let j = 0; j < width; j++) gradient[first + j]! *= slope;
    return squared(missed) * surprise;
  }),
  hinge: rowwise(({ x, labels, gradient }, first, { row, width }) => {
    const own = first + labels[row]!;
    let best = -1;
    for (let j = first; j < first + width; j++) {
      gradient[j] = 0;
      if (j !== own && (best < 0 || x[j]! > x[best]!)) best = j;
    }
    const loss = 1 - x[own]! + x[best]!;
    if (loss <= 0) return 0;
    gradient[own] = -1;
    gradient[best] = 1;
    return loss;
  }),
};

/** Losses of rows of numbers against other rows. */
export const rowLoops: Readonly<Record<string, LossLoop>> = {
  categoricalCrossEntropy: rowwise(({ x, others: [targets], gradient }, first, { width }) => {
    const all = softmaxRow({ x, y: gradient, first, width });
    let loss = 0;
    for (let j = first; j < first + width; j++) {
      loss += targets![j]! * (all - x[j]!);
      gradient[j]! -= targets![j]!;
    }
    return loss;
  }),
  klDivergence: rowwise(({ x, others: [targets], gradient }, first, { width }) => {
    const all = softmaxRow({ x, y: gradient, first, width });
    let loss = 0;
    for (let j = first; j < first + width; j++) {
      const target = targets![j]!;
      if (target > 0) loss += target * (Math.log(target) + all - x[j]!);
      gradient[j]! -= target;
    }
    return loss;
  }),
  cosineDistance: rowwise(({ x, others: [targets], gradient }, first, { width }) => {
    let [product, own, other] = [0, 0, 0];
    for (let j = first; j < first + width; j++) {
      product += x[j]! * targets![j]!;
      own += squared(x[j]!);
      other += squared(targets![j]!);
    }
    const lengths = Math.sqrt(own) * Math.sqrt(other);
    const cosine = product / lengths;
    for (let j = first; j < first + width; j++) {
      gradient[j] = cosine * x[j]! / own - targets![j]! / lengths;
    }
    return 1 - cosine;
  }),
  distillationLoss(arrays, width) {
    const { x, others: [teacher], gradient } = arrays;
    const temperature = 4;
    const rows = x.length / width;
    const wanted = new Float32Array(width);
    let sum = 0;
    for (let first = 0; first < x.length; first += width) {
      const scale = 1 / temperature;
      const all = softmaxRow({ x, y: gradient, first, width }, scale);
      const row = teacher!.subarray(first, first + width);
      const whole = softmaxRow({ x: row, y: wanted, first: 0, width }, scale);
      for (let j = 0; j < width; j++) {
        sum += temperature ** 2 * wanted[j]! *
          (scale * row[j]! - whole - scale * x[first + j]! + all);
        gradient[first + j] = temperature * (gradient[first + j]! - wanted[j]!) / rows;
      }
    }
    return sum / rows;
  },
  tripletLoss: rowwise(({ x, others: [positive, negative], gradient }, first, { width }) => {
    let [near, far] = [0, 0];
    for (let j = first; j < first + width; j++) {
      near += squared(x[j]! - positive![j]! + 1e-6);
      far += squared(x[j]! - negative![j]! + 1e-6);
    }
    near = Math.sqrt(near);
    far = Math.sqrt(far);
    const loss = near - far + 1;
    for (let j = first; j < first + width; j++) {
      gradient[j] = loss <= 0
        ? 0
        : (x[j]! - positive![j]! + 1e-6) / near - (x[j]! - negative![j]! + 1e-6) / far;
    }
    return Math.max(loss, 0);
  }),
  contrastiveLoss: rowwise(({ x, others: [second], labels, gradient }, first, { row, width }) => {
    let distance = 0;
    for (let j = first; j < first + width; j++) distance += squared(x[j]! - second![j]! + 1e-6);
    distance = Math.sqrt(distance);
    const belongs = labels[row] === 1;
    const short = Math.max(1 - distance, 0);
    const slope = belongs ? 2 : -2 * short / distance;
    for (let j = first; j < first + width; j++) {
      gradient[j] = slope * (x[j]! - second![j]! + 1e-6);
    }
    return squared(belongs ? distance : short);
  }),
};

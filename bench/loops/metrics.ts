/**
 * What metrics gather of a batch, as plain TypeScript loops.
 *
 * @module
 */

import { ownCopy } from "./own_copy.ts";

/** What a loop of a metric reads and writes: rows of so many numbers. */
export interface MetricArrays {
  readonly x: Float32Array;
  readonly targets: Float32Array;
  readonly labels: Uint8Array;
  readonly width: number;
  /** The first of the metric's sums or columns. */
  readonly output: Float32Array;
}

/** Gathers a batch. */
export type MetricLoop = (arrays: MetricArrays) => void;

/** Place of the largest of a row's numbers. */
function largestOf(x: Float32Array, first: number, width: number): number {
  let best = 0;
  for (let j = 1; j < width; j++) if (x[first + j]! > x[first + best]!) best = j;
  return best;
}

/** Counts rows. */
const rowsWhere: (
  isHit: (arrays: MetricArrays, first: number, row: number) => boolean,
) => MetricLoop = ownCopy((isHit) => (arrays) => {
  const { x, width, output } = arrays;
  let hits = 0;
  for (let row = 0; row * width < x.length; row++) {
    if (isHit(arrays, row * width, row)) hits++;
  }
  output[0] = hits;
});

/** Sums over numbers. */
const sumOf: (part: (x: number, target: number) => number) => MetricLoop = ownCopy(
  (part) => ({ x, targets, output }) => {
    let sum = 0;
    for (let i = 0; i < x.length; i++) sum += part(x[i]!, targets[i]!);
    output[0] = sum;
  },
);

/** Hits, predictions and rows of each class, in three parts of which the first is compared. */
const counts: MetricLoop = ({ x, labels, width, output }) => {
  output.fill(0);
  const predicted = new Float64Array(width);
  const actual = new Float64Array(width);
  for (let row = 0; row * width < x.length; row++) {
    const best = largestOf(x, row * width, width);
    if (best === labels[row]) output[best]!++;
    predicted[best]!++;
    actual[labels[row]!]!++;
  }
};

/** Logarithms of the probabilities of all classes. */
const logShares: MetricLoop = ({ x, width, output }) => {
  for (let first = 0; first < x.length; first += width) {
    const all = logSumExp(x, first, width);
    for (let j = 0; j < width; j++) output[first + j] = x[first + j]! - all;
  }
};

function logSumExp(x: Float32Array, first: number, width: number): number {
  let largest = -Infinity;
  for (let j = 0; j < width; j++) largest = Math.max(largest, x[first + j]!);
  let sum = 0;
  for (let j = 0; j < width; j++) sum += Math.exp(x[first + j]! - largest);
  return largest + Math.log(sum);
}

/** By the metric's name. */
export const metricLoops: Readonly<Record<string, MetricLoop>> = {
  accuracy: rowsWhere(({ x, labels, width }, first, row) =>
    largestOf(x, first, width) === labels[row]
  ),
  categoricalAccuracy: rowsWhere(({ x, targets, width }, first) =>
    largestOf(x, first, width) === largestOf(targets, first, width)
  ),
  topKAccuracy: rowsWhere(({ x, labels, width }, first, row) => {
    const own = x[first + labels[row]!]!;
    let rank = 0;
    for (let j = 0; j < width; j++) {
      if (x[first + j]! > own || (x[first + j] === own && j < labels[row]!)) rank++;
    }
    return rank < 3;
  }),
  binaryAccuracy: sumOf((x, target) => (x > 0) === (target > 0.5) ? 1 : 0),
  meanAbsoluteError: sumOf((x, target) => Math.abs(x - target)),
  rootMeanSquaredError: sumOf((x, target) => (x - target) * (x - target)),
  rSquared({ x, targets, width, output }) {
    output.fill(0);
    const sums = new Float64Array(2 * width);
    for (let first = 0; first < x.length; first += width) {
      for (let j = 0; j < width; j++) {
        const error = targets[first + j]! - x[first + j]!;
        output[j]! += error * error;
        sums[j]! += targets[first + j]!;
        sums[width + j]! += targets[first + j]! * targets[first + j]!;
      }
    }
  },
  confusionMatrix({ x, labels, width, output }) {
    output.fill(0);
    for (let row = 0; row * width < x.length; row++) {
      output[labels[row]! * width + largestOf(x, row * width, width)]!++;
    }
  },
  precision: counts,
  recall: counts,
  fBeta: counts,
  meanIoU: counts,
  perplexity({ x, labels, width, output }) {
    let sum = 0;
    for (let row = 0; row * width < x.length; row++) {
      sum += logSumExp(x, row * width, width) - x[row * width + labels[row]!]!;
    }
    output[0] = sum;
  },
  rocAuc: logShares,
  prAuc: logShares,
};

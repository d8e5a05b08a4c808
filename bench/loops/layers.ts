/**
 * Layers as plain TypeScript loops, as one would write them by hand, output and gradients: what the
 * devices are compared with.
 *
 * @module
 */
import { threefry2x32 } from "@millrace/millrace";
import type { LayerArrays } from "../support/layer.ts";
import { drawn } from "../support/stage.ts";
import { ownCopy } from "./own_copy.ts";

/** The loops of a layer. */
export interface LayerLoops {
  /** Computes `y`. */
  forward(arrays: LayerArrays): void;
  /** Computes `dx` and the gradients by parameters. */
  backward(arrays: LayerArrays): void;
}

/** Element by element: a function, and its slope at x where it gave y. */
export const elementwiseLoops: (
  f: (x: number) => number,
  slope: (x: number, y: number) => number,
) => LayerLoops = ownCopy((f, slope) => ({
  forward({ x, y }) {
    for (let i = 0; i < x.length; i++) y[i] = f(x[i]!);
  },
  backward({ x, y, dy, dx }) {
    for (let i = 0; i < x.length; i++) dx[i] = dy[i]! * slope(x[i]!, y[i]!);
  },
}));

/** Batch normalization of `[rows, channels]`, with an epsilon of 0.001. */
export function batchNormalizationLoops(rows: number, channels: number): LayerLoops {
  const [mean, inverse] = [new Float32Array(channels), new Float32Array(channels)];
  return {
    forward({ x, y, of: { gamma, beta } }) {
      mean.fill(0);
      inverse.fill(0);
      for (let i = 0; i < rows; i++) {
        for (let c = 0; c < channels; c++) mean[c]! += x[i * channels + c]!;
      }
      for (let c = 0; c < channels; c++) mean[c]! /= rows;
      for (let i = 0; i < rows; i++) {
        for (let c = 0; c < channels; c++) inverse[c]! += (x[i * channels + c]! - mean[c]!) ** 2;
      }
      for (let c = 0; c < channels; c++) inverse[c] = 1 / Math.sqrt(inverse[c]! / rows + 1e-3);
      for (let i = 0; i < rows; i++) {
        for (let c = 0; c < channels; c++) {
          const at = i * channels + c;
          y[at] = (x[at]! - mean[c]!) * inverse[c]! * gamma![c]! + beta![c]!;
        }
      }
    },
    backward({ x, dy, dx, of: { gamma }, by: { gamma: dgamma, beta: dbeta } }) {
      dgamma!.fill(0);
      dbeta!.fill(0);
      for (let i = 0; i < rows; i++) {
        for (let c = 0; c < channels; c++) {
          const at = i * channels + c;
          dbeta![c]! += dy[at]!;
          dgamma![c]! += dy[at]! * (x[at]! - mean[c]!) * inverse[c]!;
        }
      }
      for (let i = 0; i < rows; i++) {
        for (let c = 0; c < channels; c++) {
          const at = i * channels + c;
          const normal = (x[at]! - mean[c]!) * inverse[c]!;
          const rest = dy[at]! - (dbeta![c]! + normal * dgamma![c]!) / rows;
          dx[at] = rest * inverse[c]! * gamma![c]!;
        }
      }
    },
  };
}

/**
 * Normalization of each group of `[batch, pixels, groups, width]` by itself: layer normalization with
 * one pixel and group. Without `centers` it is by root mean square.
 */
export function groupNormalizationLoops(
  { batch, pixels = 1, groups = 1, width, epsilon, centers = true }: {
    readonly batch: number;
    readonly pixels?: number;
    readonly groups?: number;
    readonly width: number;
    readonly epsilon: number;
    readonly centers?: boolean;
  },
): LayerLoops {
  const channels = groups * width;
  const count = pixels * width;
  const means = new Float32Array(batch * groups);
  const inverses = new Float32Array(batch * groups);
  const start = (b: number, p: number, g: number) => (b * pixels + p) * channels + g * width;
  return {
    forward({ x, y, of: { gamma, beta } }) {
      for (let b = 0; b < batch; b++) {
        for (let g = 0; g < groups; g++) {
          let mean = 0;
          for (let p = 0; centers && p < pixels; p++) {
            const first = start(b, p, g);
            for (let j = 0; j < width; j++) mean += x[first + j]!;
          }
          mean /= count;
          let variance = 0;
          for (let p = 0; p < pixels; p++) {
            const first = start(b, p, g);
            for (let j = 0; j < width; j++) variance += (x[first + j]! - mean) ** 2;
          }
          const inverse = 1 / Math.sqrt(variance / count + epsilon);
          for (let p = 0; p < pixels; p++) {
            const first = start(b, p, g);
            for (let j = 0; j < width; j++) {
              const scaled = (x[first + j]! - mean) * inverse * gamma![g * width + j]!;
              y[first + j] = beta === undefined ? scaled : scaled + beta[g * width + j]!;
            }
          }
          means[b * groups + g] = mean;
          inverses[b * groups + g] = inverse;
        }
      }
    },
    backward({ x, dy, dx, of: { gamma }, by: { gamma: dgamma, beta: dbeta } }) {
      dgamma!.fill(0);
      dbeta?.fill(0);
      for (let b = 0; b < batch; b++) {
        for (let g = 0; g < groups; g++) {
          const [mean, inverse] = [means[b * groups + g]!, inverses[b * groups + g]!];
          let [sum, product] = [0, 0];
          for (let p = 0; p < pixels; p++) {
            const first = start(b, p, g);
            for (let j = 0; j < width; j++) {
              const normal = (x[first + j]! - mean) * inverse;
              const slope = dy[first + j]!;
              dgamma![g * width + j]! += slope * normal;
              if (dbeta !== undefined) dbeta[g * width + j]! += slope;
              sum += slope * gamma![g * width + j]!;
              product += slope * gamma![g * width + j]! * normal;
            }
          }
          if (!centers) sum = 0;
          for (let p = 0; p < pixels; p++) {
            const first = start(b, p, g);
            for (let j = 0; j < width; j++) {
              const normal = (x[first + j]! - mean) * inverse;
              const rest = dy[first + j]! * gamma![g * width + j]! -
                (sum + normal * product) / count;
              dx[first + j] = rest * inverse;
            }
          }
        }
      }
    },
  };
}

/** Sizes of a convolution of each channel by itself, of which the size is kept by zeros around it. */
export interface DepthwiseLoop {
  readonly batch: number;
  readonly size: number;
  readonly channels: number;
  /** Rows and columns of a window; odd. */
  readonly window: number;
}

/** A convolution of each channel by itself. */
export function depthwiseLoops({ batch, size, channels, window }: DepthwiseLoop): LayerLoops {
  const lead = (window - 1) / 2;
  return {
    forward({ x, y, of: { weight, bias } }) {
      for (let b = 0; b < batch; b++) {
        for (let i = 0; i < size; i++) {
          for (let j = 0; j < size; j++) {
            const output = ((b * size + i) * size + j) * channels;
            for (let c = 0; c < channels; c++) y[output + c] = bias![c]!;
            for (let u = 0; u < window; u++) {
              const row = i + u - lead;
              if (row < 0 || row >= size) continue;
              for (let v = 0; v < window; v++) {
                const column = j + v - lead;
                if (column < 0 || column >= size) continue;
                const input = ((b * size + row) * size + column) * channels;
                const tap = (u * window + v) * channels;
                for (let c = 0; c < channels; c++) {
                  y[output + c]! += x[input + c]! * weight![tap + c]!;
                }
              }
            }
          }
        }
      }
    },
    backward({ x, dy, dx, of: { weight }, by: { weight: dweight, bias: dbias } }) {
      dx.fill(0);
      dweight!.fill(0);
      dbias!.fill(0);
      for (let b = 0; b < batch; b++) {
        for (let i = 0; i < size; i++) {
          for (let j = 0; j < size; j++) {
            const output = ((b * size + i) * size + j) * channels;
            for (let c = 0; c < channels; c++) dbias![c]! += dy[output + c]!;
            for (let u = 0; u < window; u++) {
              const row = i + u - lead;
              if (row < 0 || row >= size) continue;
              for (let v = 0; v < window; v++) {
                const column = j + v - lead;
                if (column < 0 || column >= size) continue;
                const input = ((b * size + row) * size + column) * channels;
                const tap = (u * window + v) * channels;
                for (let c = 0; c < channels; c++) {
                  const slope = dy[output + c]!;
                  dx[input + c]! += slope * weight![tap + c]!;
                  dweight![tap + c]! += slope * x[input + c]!;
                }
              }
            }
          }
        }
      }
    },
  };
}

/** The learned slope of each of so many features below 0. */
export function preluLoops(features: number): LayerLoops {
  return {
    forward({ x, y, of: { alpha } }) {
      for (let i = 0; i < x.length; i++) {
        y[i] = x[i]! > 0 ? x[i]! : alpha![i % features]! * x[i]!;
      }
    },
    backward({ x, dy, dx, of: { alpha }, by: { alpha: dalpha } }) {
      dalpha!.fill(0);
      for (let i = 0; i < x.length; i++) {
        const feature = i % features;
        dx[i] = x[i]! > 0 ? dy[i]! : alpha![feature]! * dy[i]!;
        if (!(x[i]! > 0)) dalpha![feature]! += dy[i]! * x[i]!;
      }
    },
  };
}

/** Logarithms of probabilities, of rows of so many scores. */
export function logSoftmaxLoops(classes: number): LayerLoops {
  return {
    forward({ x, y }) {
      for (let first = 0; first < x.length; first += classes) {
        let largest = -Infinity;
        for (let j = 0; j < classes; j++) largest = Math.max(largest, x[first + j]!);
        let sum = 0;
        for (let j = 0; j < classes; j++) sum += Math.exp(x[first + j]! - largest);
        const logarithm = largest + Math.log(sum);
        for (let j = 0; j < classes; j++) y[first + j] = x[first + j]! - logarithm;
      }
    },
    backward({ y, dy, dx }) {
      for (let first = 0; first < y.length; first += classes) {
        let sum = 0;
        for (let j = 0; j < classes; j++) sum += dy[first + j]!;
        for (let j = 0; j < classes; j++) {
          dx[first + j] = dy[first + j]! - Math.exp(y[first + j]!) * sum;
        }
      }
    },
  };
}

/** The uniform number at a place of a layer's draw, as the device draws it. */
function uniform(place: number, draw: number): number {
  return (threefry2x32([drawn.seed, draw], place, drawn.step)[0] >>> 8) * 2 ** -24;
}

/** Dropout of whole channels of `[batch, places, channels]`. */
export function spatialDropoutLoops(
  { places, channels, rate }: {
    readonly places: number;
    readonly channels: number;
    readonly rate: number;
  },
): LayerLoops {
  const apply = (from: Float32Array, to: Float32Array, factors: Float32Array) => {
    for (let first = 0, row = 0; first < from.length; row++) {
      for (let place = 0; place < places; place++, first += channels) {
        for (let c = 0; c < channels; c++) {
          to[first + c] = from[first + c]! * factors[row * channels + c]!;
        }
      }
    }
  };
  let factors = new Float32Array(0);
  return {
    forward({ x, y }) {
      factors = factors.length > 0 ? factors : new Float32Array(x.length / places);
      for (let i = 0; i < factors.length; i++) {
        factors[i] = uniform(i, 0) >= rate ? 1 / (1 - rate) : 0;
      }
      apply(x, y, factors);
    },
    backward: ({ dy, dx }) => apply(dy, dx, factors),
  };
}

/** Normal noise of a standard deviation. */
export function gaussianNoiseLoops(std: number): LayerLoops {
  return {
    forward({ x, y }) {
      for (let i = 0; i < x.length; i++) {
        const radius = std * Math.sqrt(-2 * Math.log(1 - uniform(i, 0)));
        y[i] = x[i]! + radius * Math.cos(2 * Math.PI * uniform(i, 1));
      }
    },
    backward: ({ dy, dx }) => dx.set(dy),
  };
}

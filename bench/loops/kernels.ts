/**
 * Kernels as plain TypeScript loops, as one would write them by hand: no tiles, no vectors, but the
 * innermost loop over neighbours in memory. What the devices are compared with.
 *
 * @module
 */

/** Sizes of a matrix product `[m, k] · [k, n]`, and which side is stored transposed. */
export interface MatmulLoop {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  /** The left side is stored `[k, m]`. */
  readonly transposeLhs?: boolean;
  /** The right side is stored `[n, k]`. */
  readonly transposeRhs?: boolean;
}

/** `output = lhs · rhs` */
export function matmulLoop(
  [lhs, rhs, output]: readonly [Float32Array, Float32Array, Float32Array],
  { m, n, k, transposeLhs = false, transposeRhs = false }: MatmulLoop,
): void {
  const [row, inner] = transposeLhs ? [1, m] : [k, 1];
  for (let i = 0; i < m; i++) {
    if (transposeRhs) {
      for (let j = 0; j < n; j++) {
        let sum = 0;
        for (let p = 0; p < k; p++) sum += lhs[i * row + p * inner]! * rhs[j * k + p]!;
        output[i * n + j] = sum;
      }
      continue;
    }
    const sums = output.subarray(i * n, (i + 1) * n).fill(0);
    for (let p = 0; p < k; p++) {
      const scale = lhs[i * row + p * inner]!;
      for (let j = 0; j < n; j++) sums[j]! += scale * rhs[p * n + j]!;
    }
  }
}

/** Sizes of a convolution without padding, stride 1: images `[batch, size, size, channels]`. */
export interface ConvolutionLoop {
  readonly batch: number;
  /** Rows and columns of an image. */
  readonly size: number;
  readonly channels: number;
  /** Rows and columns of a window. */
  readonly window: number;
  readonly filters: number;
}

/** Rows and columns of what a convolution gives. */
export function convolvedSize({ size, window }: ConvolutionLoop): number {
  return size - window + 1;
}

/** Floating-point operations of a convolution, and of each of its gradients. */
export function convolutionFlops(sizes: ConvolutionLoop): number {
  const { batch, channels, window, filters } = sizes;
  return 2 * batch * convolvedSize(sizes) ** 2 * window ** 2 * channels * filters;
}

/** Calls `body` with the first element of a pixel, of a row of weights, and of the output there. */
function eachPair(
  sizes: ConvolutionLoop,
  body: (x: number, weight: number, output: number) => void,
): void {
  const { batch, size, channels, window, filters } = sizes;
  const out = convolvedSize(sizes);
  for (let b = 0; b < batch; b++) {
    for (let i = 0; i < out; i++) {
      for (let j = 0; j < out; j++) {
        const output = ((b * out + i) * out + j) * filters;
        for (let u = 0; u < window; u++) {
          for (let v = 0; v < window; v++) {
            const x = ((b * size + i + u) * size + j + v) * channels;
            body(x, (u * window + v) * channels * filters, output);
          }
        }
      }
    }
  }
}

/** `output[b, i, j, f] = Σ x[b, i+u, j+v, c] · weight[u, v, c, f]` */
export function convolutionLoop(
  [x, weight, output]: readonly [Float32Array, Float32Array, Float32Array],
  sizes: ConvolutionLoop,
): void {
  const { channels, filters } = sizes;
  output.fill(0);
  eachPair(sizes, (pixel, row, place) => {
    for (let c = 0; c < channels; c++) {
      const scale = x[pixel + c]!;
      for (let f = 0; f < filters; f++) {
        output[place + f]! += scale * weight[row + c * filters + f]!;
      }
    }
  });
}

/** The gradient of a convolution by its weights, from that by its output. */
export function weightGradientLoop(
  [x, cotangent, gradient]: readonly [Float32Array, Float32Array, Float32Array],
  sizes: ConvolutionLoop,
): void {
  const { channels, filters } = sizes;
  gradient.fill(0);
  eachPair(sizes, (pixel, row, place) => {
    for (let c = 0; c < channels; c++) {
      const scale = x[pixel + c]!;
      for (let f = 0; f < filters; f++) {
        gradient[row + c * filters + f]! += scale * cotangent[place + f]!;
      }
    }
  });
}

/** The gradient of a convolution by its images, from that by its output. */
export function inputGradientLoop(
  [cotangent, weight, gradient]: readonly [Float32Array, Float32Array, Float32Array],
  sizes: ConvolutionLoop,
): void {
  const { channels, filters } = sizes;
  gradient.fill(0);
  eachPair(sizes, (pixel, row, place) => {
    for (let c = 0; c < channels; c++) {
      let sum = 0;
      for (let f = 0; f < filters; f++) {
        sum += cotangent[place + f]! * weight[row + c * filters + f]!;
      }
      gradient[pixel + c]! += sum;
    }
  });
}

/** Images that a pooling of 2 by 2 halves; `size` is even. */
export type PoolingLoop = Pick<ConvolutionLoop, "batch" | "size" | "channels">;

/** The largest of each 2 by 2 pixels; `chosen` keeps which element that was. */
export function maxPoolLoop(
  [x, output]: readonly [Float32Array, Float32Array],
  { batch, size, channels, chosen }: PoolingLoop & { readonly chosen: Int32Array },
): void {
  const half = size / 2;
  for (let b = 0; b < batch; b++) {
    for (let i = 0; i < half; i++) {
      for (let j = 0; j < half; j++) {
        for (let c = 0; c < channels; c++) {
          const corner = ((b * size + 2 * i) * size + 2 * j) * channels + c;
          let best = corner;
          if (x[corner + channels]! > x[best]!) best = corner + channels;
          if (x[corner + size * channels]! > x[best]!) best = corner + size * channels;
          if (x[corner + (size + 1) * channels]! > x[best]!) best = corner + (size + 1) * channels;
          const place = ((b * half + i) * half + j) * channels + c;
          output[place] = x[best]!;
          chosen[place] = best;
        }
      }
    }
  }
}

/** Adam's state: the means of gradients and of their squares. */
export interface AdamState {
  readonly m: Float32Array;
  readonly v: Float32Array;
}

/** One update of Adam at step `step`, from 1 on, as in the paper's Algorithm 1. */
export function adamLoop(
  [param, grad]: readonly [Float32Array, Float32Array],
  { m, v, step, learningRate = 1e-3 }: AdamState & {
    readonly step: number;
    readonly learningRate?: number;
  },
): void {
  const rate = learningRate / (1 - 0.9 ** step);
  const rootScale = 1 / Math.sqrt(1 - 0.999 ** step);
  for (let i = 0; i < param.length; i++) {
    m[i] = 0.9 * m[i]! + 0.1 * grad[i]!;
    v[i] = 0.999 * v[i]! + 0.001 * grad[i]! * grad[i]!;
    param[i]! -= rate * m[i]! / (Math.sqrt(v[i]!) * rootScale + 1e-7);
  }
}

/**
 * Layers of sequences and images as plain TypeScript loops: windows, resizing, other orders of axes.
 *
 * @module
 */
import type { LayerLoops } from "./layers.ts";

/** Places of elements: `y[i]` is made of `x[of[i]]`, or of nothing where that is -1. */
export function takingLoops(of: Int32Array): LayerLoops {
  return {
    forward({ x, y }) {
      for (let i = 0; i < y.length; i++) y[i] = of[i]! < 0 ? 0 : x[of[i]!]!;
    },
    backward({ dy, dx }) {
      dx.fill(0);
      for (let i = 0; i < dy.length; i++) if (of[i]! >= 0) dx[of[i]!]! += dy[i]!;
    },
  };
}

/** Sizes of sequences, and how windows lie over them without padding. */
export interface SequenceLoop {
  readonly batch: number;
  readonly length: number;
  readonly channels: number;
  readonly window: number;
  readonly stride: number;
}

/** Number of windows. */
export function windowsOf({ length, window, stride }: SequenceLoop): number {
  return Math.floor((length - window) / stride) + 1;
}

/** The largest element, or the mean, of every window. */
export function poolLoops(sizes: SequenceLoop, kind: "max" | "average"): LayerLoops {
  const { batch, length, channels, window, stride } = sizes;
  const count = windowsOf(sizes);
  const chosen = new Int32Array(batch * count * channels);
  return {
    forward({ x, y }) {
      for (let b = 0; b < batch; b++) {
        for (let i = 0; i < count; i++) {
          for (let c = 0; c < channels; c++) {
            const at = (b * count + i) * channels + c;
            const first = (b * length + i * stride) * channels + c;
            if (kind === "max") {
              let best = first;
              for (let u = 1; u < window; u++) {
                if (x[first + u * channels]! > x[best]!) best = first + u * channels;
              }
              chosen[at] = best;
              y[at] = x[best]!;
            } else {
              let sum = 0;
              for (let u = 0; u < window; u++) sum += x[first + u * channels]!;
              y[at] = sum / window;
            }
          }
        }
      }
    },
    backward({ dy, dx }) {
      dx.fill(0);
      for (let b = 0; b < batch; b++) {
        for (let i = 0; i < count; i++) {
          for (let c = 0; c < channels; c++) {
            const at = (b * count + i) * channels + c;
            if (kind === "max") {
              dx[chosen[at]!]! += dy[at]!;
              continue;
            }
            const first = (b * length + i * stride) * channels + c;
            const share = dy[at]! / window;
            for (let u = 0; u < window; u++) dx[first + u * channels]! += share;
          }
        }
      }
    },
  };
}

/** The largest element, or the mean, of all steps of `[batch, length, channels]`. */
export function globalPoolLoops(
  { batch, length, channels }: Pick<SequenceLoop, "batch" | "length" | "channels">,
  kind: "max" | "average",
): LayerLoops {
  return poolLoops({ batch, length, channels, window: length, stride: 1 }, kind);
}

/** The mean of every window of images, of which none lies over another. */
export function averagePool2dLoops(
  { batch, size, channels, window }: {
    readonly batch: number;
    readonly size: number;
    readonly channels: number;
    readonly window: number;
  },
): LayerLoops {
  const count = size / window;
  const place = (b: number, i: number, j: number) => ((b * size + i) * size + j) * channels;
  return {
    forward({ x, y }) {
      y.fill(0);
      for (let b = 0; b < batch; b++) {
        for (let i = 0; i < size; i++) {
          for (let j = 0; j < size; j++) {
            const to = (b * count + Math.floor(i / window)) * count + Math.floor(j / window);
            const from = place(b, i, j);
            for (let c = 0; c < channels; c++) {
              y[to * channels + c]! += x[from + c]! / window ** 2;
            }
          }
        }
      }
    },
    backward({ dy, dx }) {
      for (let b = 0; b < batch; b++) {
        for (let i = 0; i < size; i++) {
          for (let j = 0; j < size; j++) {
            const of = (b * count + Math.floor(i / window)) * count + Math.floor(j / window);
            const to = place(b, i, j);
            for (let c = 0; c < channels; c++) dx[to + c] = dy[of * channels + c]! / window ** 2;
          }
        }
      }
    },
  };
}

/** A convolution of sequences without padding, stride 1. */
export function conv1dLoops(
  { batch, length, channels, window, filters }:
    & Omit<SequenceLoop, "stride">
    & { readonly filters: number },
): LayerLoops {
  const count = length - window + 1;
  return {
    forward({ x, y, of: { weight, bias } }) {
      for (let b = 0; b < batch; b++) {
        for (let i = 0; i < count; i++) {
          const to = (b * count + i) * filters;
          for (let f = 0; f < filters; f++) y[to + f] = bias![f]!;
          const from = (b * length + i) * channels;
          for (let k = 0; k < window * channels; k++) {
            const element = x[from + k]!;
            for (let f = 0; f < filters; f++) y[to + f]! += element * weight![k * filters + f]!;
          }
        }
      }
    },
    backward({ x, dy, dx, of: { weight }, by: { weight: dweight, bias: dbias } }) {
      dx.fill(0);
      dweight!.fill(0);
      dbias!.fill(0);
      for (let b = 0; b < batch; b++) {
        for (let i = 0; i < count; i++) {
          const of = (b * count + i) * filters;
          for (let f = 0; f < filters; f++) dbias![f]! += dy[of + f]!;
          const from = (b * length + i) * channels;
          for (let k = 0; k < window * channels; k++) {
            const element = x[from + k]!;
            let sum = 0;
            for (let f = 0; f < filters; f++) {
              sum += dy[of + f]! * weight![k * filters + f]!;
              dweight![k * filters + f]! += element * dy[of + f]!;
            }
            dx[from + k]! += sum;
          }
        }
      }
    },
  };
}

/** A transposed convolution of images whose strides are the window: windows do not overlap. */
export function conv2dTransposeLoops(
  { batch, size: [rows, columns], window: [height, width], channels, filters }: {
    readonly batch: number;
    readonly size: readonly [number, number];
    readonly window: readonly [number, number];
    readonly channels: number;
    readonly filters: number;
  },
): LayerLoops {
  const taps = height * width;
  /** Where the output of a pixel and a tap begins. */
  const place = (b: number, p: number, t: number) => {
    const row = (b * rows + Math.floor(p / columns)) * height + Math.floor(t / width);
    return (row * columns * width + (p % columns) * width + t % width) * filters;
  };
  return {
    forward({ x, y, of: { weight, bias } }) {
      for (let b = 0; b < batch; b++) {
        for (let p = 0; p < rows * columns; p++) {
          const from = (b * rows * columns + p) * channels;
          for (let t = 0; t < taps; t++) {
            const to = place(b, p, t);
            for (let f = 0; f < filters; f++) {
              let sum = bias![f]!;
              const first = (t * filters + f) * channels;
              for (let c = 0; c < channels; c++) sum += x[from + c]! * weight![first + c]!;
              y[to + f] = sum;
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
        for (let p = 0; p < rows * columns; p++) {
          const from = (b * rows * columns + p) * channels;
          for (let t = 0; t < taps; t++) {
            const of = place(b, p, t);
            for (let f = 0; f < filters; f++) {
              const slope = dy[of + f]!;
              dbias![f]! += slope;
              const first = (t * filters + f) * channels;
              for (let c = 0; c < channels; c++) {
                dx[from + c]! += slope * weight![first + c]!;
                dweight![first + c]! += slope * x[from + c]!;
              }
            }
          }
        }
      }
    },
  };
}

/** Images of twice the size by linear interpolation: of each pixel and its neighbours, 3/4 and 1/4. */
export function bilinearLoops(
  { batch, size, channels }: {
    readonly batch: number;
    readonly size: number;
    readonly channels: number;
  },
): LayerLoops {
  const width = 2 * size;
  const within = (i: number) => Math.min(Math.max(i, 0), size - 1);
  /** The pixels that one is made of, along one axis: the nearer, and the one beyond. */
  const near = (i: number) => i >> 1;
  const far = (i: number) => within((i >> 1) + (i % 2 === 0 ? -1 : 1));
  const place = (b: number, i: number, j: number) => ((b * size + i) * size + j) * channels;
  return {
    forward({ x, y }) {
      for (let b = 0; b < batch; b++) {
        for (let i = 0; i < width; i++) {
          for (let j = 0; j < width; j++) {
            const to = ((b * width + i) * width + j) * channels;
            const [nn, nf] = [place(b, near(i), near(j)), place(b, near(i), far(j))];
            const [fn, ff] = [place(b, far(i), near(j)), place(b, far(i), far(j))];
            for (let c = 0; c < channels; c++) {
              y[to + c] = (9 * x[nn + c]! + 3 * (x[nf + c]! + x[fn + c]!) + x[ff + c]!) / 16;
            }
          }
        }
      }
    },
    backward({ dy, dx }) {
      dx.fill(0);
      for (let b = 0; b < batch; b++) {
        for (let i = 0; i < width; i++) {
          for (let j = 0; j < width; j++) {
            const of = ((b * width + i) * width + j) * channels;
            const [nn, nf] = [place(b, near(i), near(j)), place(b, near(i), far(j))];
            const [fn, ff] = [place(b, far(i), near(j)), place(b, far(i), far(j))];
            for (let c = 0; c < channels; c++) {
              const part = dy[of + c]! / 16;
              dx[nn + c]! += 9 * part;
              dx[nf + c]! += 3 * part;
              dx[fn + c]! += 3 * part;
              dx[ff + c]! += part;
            }
          }
        }
      }
    },
  };
}

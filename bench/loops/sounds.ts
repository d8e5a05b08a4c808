/**
 * Transforms of sound as plain loops: a fast Fourier transform of each frame.
 *
 * @module
 */
import type { LayerWork } from "../support/layer.ts";

/** Sizes of a spectrogram. */
export interface SpectrogramLoop {
  readonly batch: number;
  readonly samples: number;
  /** A power of 2. */
  readonly frameLength: number;
  readonly hopLength: number;
}

/** The loops of a spectrogram of power under Hann's window. */
export function spectrogramLoops(
  { batch, samples, frameLength, hopLength }: SpectrogramLoop,
): Pick<LayerWork, "forward" | "backward"> {
  const frames = Math.floor((samples - frameLength) / hopLength) + 1;
  const frequencies = frameLength / 2 + 1;
  const window = Float64Array.from(
    { length: frameLength },
    (_, n) => 0.5 - 0.5 * Math.cos(2 * Math.PI * n / frameLength),
  );
  const transform = fourierTransform(frameLength);
  const [real, imaginary] = [new Float64Array(frameLength), new Float64Array(frameLength)];
  const eachFrame = (meet: (sample: number, frame: number) => void) => {
    for (let b = 0; b < batch; b++) {
      for (let t = 0; t < frames; t++) {
        meet(b * samples + t * hopLength, (b * frames + t) * frequencies);
      }
    }
  };
  const frameOf = (x: Float32Array, sample: number) => {
    for (let n = 0; n < frameLength; n++) real[n] = x[sample + n]! * window[n]!;
    imaginary.fill(0);
    transform(real, imaginary);
  };
  return {
    forward({ x, y }) {
      eachFrame((sample, frame) => {
        frameOf(x, sample);
        for (let k = 0; k < frequencies; k++) y[frame + k] = real[k]! ** 2 + imaginary[k]! ** 2;
      });
    },
    // ∂L/∂x[n] = window[n] · Re Σ_k 2 · ∂L/∂y[k] · conj(X[k]) · exp(-2πi · k · n / frameLength)
    backward({ x, dy, dx }) {
      dx.fill(0);
      eachFrame((sample, frame) => {
        frameOf(x, sample);
        for (let k = 0; k < frameLength; k++) {
          const slope = k < frequencies ? 2 * dy[frame + k]! : 0;
          real[k]! *= slope;
          imaginary[k]! *= -slope;
        }
        transform(real, imaginary);
        for (let n = 0; n < frameLength; n++) dx[sample + n]! += real[n]! * window[n]!;
      });
    },
  };
}

/** The transform in place, of a length that is a power of 2 (Cooley and Tukey, decimation in time). */
function fourierTransform(length: number): (real: Float64Array, imaginary: Float64Array) => void {
  const bits = Math.log2(length);
  const reversed = Uint32Array.from({ length }, (_, i) => {
    let turned = 0;
    for (let bit = 0; bit < bits; bit++) turned |= (i >> bit & 1) << (bits - 1 - bit);
    return turned;
  });
  const cosines = Float64Array.from({ length }, (_, i) => Math.cos(2 * Math.PI * i / length));
  const sines = Float64Array.from({ length }, (_, i) => Math.sin(2 * Math.PI * i / length));
  return (real, imaginary) => {
    for (let i = 0; i < length; i++) {
      const j = reversed[i]!;
      if (j <= i) continue;
      swap(real, i, j);
      swap(imaginary, i, j);
    }
    for (let size = 2; size <= length; size *= 2) {
      const half = size / 2;
      const step = length / size;
      for (let begin = 0; begin < length; begin += size) {
        for (let k = 0; k < half; k++) {
          const cosine = cosines[k * step]!;
          const sine = sines[k * step]!;
          const i = begin + k;
          const j = i + half;
          const re = real[j]! * cosine + imaginary[j]! * sine;
          const im = imaginary[j]! * cosine - real[j]! * sine;
          real[j] = real[i]! - re;
          imaginary[j] = imaginary[i]! - im;
          real[i]! += re;
          imaginary[i]! += im;
        }
      }
    }
  };
}

function swap(numbers: Float64Array, i: number, j: number): void {
  const number = numbers[i]!;
  numbers[i] = numbers[j]!;
  numbers[j] = number;
}

/**
 * Sounds at another sample rate: the low frequencies that both rates can hold, by a windowed sinc.
 *
 * @module
 */

/** Samples at one rate made of samples at another. */
export interface Resampler {
  /** How many samples come of so many. */
  countOf(samples: number): number;
  /** Fills a target with the first samples that come of a sound. */
  resample(sound: Float32Array, target: Float32Array): void;
}

/** How far the filter reaches to both sides, in samples of the lower rate. */
const reach = 10;

/** Shape of the window that ends the filter: 60 dB below what it lets pass. */
const kaiserBeta = 5;

/**
 * Makes a resampler from one rate to another: the sound is taken to have zeros between its samples, as
 * many as bring it to a multiple of both rates, is filtered by a sinc under Kaiser's window, and every
 * so many samples of that are kept. Only those are computed, and only from samples that are no zeros.
 *
 * It is SciPy's `resample_poly(x, to, from)` with its standard filter.
 *
 * @param from Samples a second of sounds, a whole number as `to`.
 */
export function resamplerOf(from: number, to: number): Resampler {
  const divisor = greatestDivisor(from, to);
  const [up, down] = [to / divisor, from / divisor];
  const half = reach * Math.max(up, down);
  const filter = filterOf({ half, rate: Math.max(up, down), gain: up });
  return {
    countOf: (samples) => Math.ceil(samples * up / down),
    resample(sound, target) {
      for (let i = 0; i < target.length; i++) {
        // the sample n of the sound stands at n · up, what is wanted at i · down
        const place = i * down;
        const first = Math.max(0, Math.ceil((place - half) / up));
        const last = Math.min(sound.length - 1, Math.floor((place + half) / up));
        let sum = 0;
        for (let n = first; n <= last; n++) sum += sound[n]! * filter[place - n * up + half]!;
        target[i] = sum;
      }
    },
  };
}

/** `sinc(t / rate) · kaiser(t)` for t from -half to half, whose sum is the gain. */
function filterOf(
  { half, rate, gain }: { readonly half: number; readonly rate: number; readonly gain: number },
): Float64Array {
  const filter = new Float64Array(2 * half + 1);
  let sum = 0;
  for (let t = -half; t <= half; t++) {
    const angle = Math.PI * t / rate;
    const sinc = t === 0 ? 1 : Math.sin(angle) / angle;
    const value = sinc * bessel(kaiserBeta * Math.sqrt(1 - (t / half) ** 2));
    filter[t + half] = value;
    sum += value;
  }
  return filter.map((value) => value * gain / sum);
}

/** The modified Bessel function of order 0, by its series: `Σ ((x / 2)^k / k!)²`. */
function bessel(x: number): number {
  let [sum, term] = [1, 1];
  for (let k = 1; term > sum * 1e-17; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

function greatestDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestDivisor(b, a % b);
}

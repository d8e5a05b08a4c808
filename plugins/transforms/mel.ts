/**
 * The mel scale of pitch as it is heard, and filters that gather frequencies by it.
 *
 * @module
 */
import { z } from "zod";
import { type BuildContext, formatAmount, ops, type Value } from "../../core/mod.ts";
import { frequencyCount, type SpectrumConfig, spectrumOf, type Wrong } from "./spectra.ts";

/** Which frequencies are gathered, and how. */
export interface MelOptions {
  /** Samples a second. */
  readonly sampleRate: number;
  /** The least frequency in Hz that a filter reaches to. Default 0. */
  readonly lowestFrequency?: number | undefined;
  /** The greatest frequency in Hz that a filter reaches to. Default half the sample rate. */
  readonly highestFrequency?: number | undefined;
  /** The formula of the scale: `"htk"`, all logarithm, or `"slaney"`, linear below 1000 Hz. Default `"htk"`. */
  readonly melScale?: MelScale | undefined;
  /** Whether filters are 1 high (`"none"`), or of one area over frequencies in Hz (`"area"`). Default `"none"`. */
  readonly normalization?: "none" | "area" | undefined;
}

/** The formula of a mel scale. */
export type MelScale = "htk" | "slaney";

/** `MelOptions` with every default. */
export interface MelConfig {
  readonly sampleRate: number;
  readonly mels: number;
  readonly lowestFrequency: number;
  readonly highestFrequency?: number | undefined;
  readonly melScale: MelScale;
  readonly normalization: "none" | "area";
}

/** The fields of `MelConfig`, for a stage's configuration. */
export function melFields(): {
  mels: z.ZodInt;
  sampleRate: z.ZodNumber;
  lowestFrequency: z.ZodDefault<z.ZodNumber>;
  highestFrequency: z.ZodOptional<z.ZodNumber>;
  melScale: z.ZodDefault<z.ZodEnum<{ htk: "htk"; slaney: "slaney" }>>;
  normalization: z.ZodDefault<z.ZodEnum<{ none: "none"; area: "area" }>>;
} {
  return {
    mels: z.int().min(1).describe("Number of filters"),
    sampleRate: z.number().positive().describe("Samples a second"),
    lowestFrequency: z.number().min(0).default(0).describe(
      "The least frequency in Hz that a filter reaches to",
    ),
    highestFrequency: z.number().positive().optional().describe(
      "The greatest frequency in Hz that a filter reaches to; half the sample rate when absent",
    ),
    melScale: z.enum(["htk", "slaney"]).default("htk").describe(
      "The formula of the scale: all logarithm, or linear below 1000 Hz",
    ),
    normalization: z.enum(["none", "area"]).default("none").describe(
      "Whether filters are 1 high, or of one area over frequencies in Hz",
    ),
  };
}

/** What does not fit together in the configuration of filters. */
export function wrongMel(
  { sampleRate, lowestFrequency, highestFrequency }: MelConfig,
): Wrong[] {
  const most = sampleRate / 2;
  if (highestFrequency !== undefined && highestFrequency > most) {
    return [{
      path: "highestFrequency",
      message:
        `expected at most half the sample rate, ${most} Hz: no higher frequency is in a sound`,
    }];
  }
  if (lowestFrequency < (highestFrequency ?? most)) return [];
  return [{
    path: "lowestFrequency",
    message: `expected below the highest frequency, ${highestFrequency ?? most} Hz`,
  }];
}

/**
 * The spectra of frames as filters gather them, `[batch, frames, mels]`. Frequencies that no filter
 * reads are not computed.
 *
 * @throws {RangeError} When a sound is shorter than a frame, or a filter is too narrow.
 */
export function melSpectrumOf(
  x: Value,
  { context, config }: {
    readonly context: BuildContext<unknown>;
    readonly config: SpectrumConfig & MelConfig;
  },
): Value {
  const filters = filtersOf(config);
  const { mels } = config;
  const read = Array.from({ length: frequencyCount(config) }, (_, k) => k).filter((k) =>
    filters.subarray(k * mels, (k + 1) * mels).some((weight) => weight > 0)
  );
  const [first, last] = [read[0]!, read.at(-1)!];
  const count = last - first + 1;
  const spectrum = spectrumOf(x, { context, config, first, count });
  const [batch, frames] = spectrum.spec.shape as [number, number, number];
  const table = context.constant("filters", {
    shape: [count, mels],
    values: () => filters.slice(first * mels, (last + 1) * mels),
  });
  const gathered = ops.matmul(ops.reshape(spectrum, [batch * frames, count]), table);
  return ops.reshape(gathered, [batch, frames, mels]);
}

/** The weights of frequencies in triangles that meet at their middles, `[frequencies, mels]`. */
function filtersOf(config: SpectrumConfig & MelConfig): Float32Array {
  const { sampleRate, mels, lowestFrequency, normalization, frameLength } = config;
  const { highestFrequency = sampleRate / 2, fftLength = frameLength } = config;
  const { toMel, toHertz } = melScales[config.melScale];
  const [lowest, highest] = [toMel(lowestFrequency), toMel(highestFrequency)];
  const corner = (i: number) => toHertz(lowest + (highest - lowest) * i / (mels + 1));
  const frequencies = frequencyCount(config);
  const filters = new Float32Array(frequencies * mels);
  for (let mel = 0; mel < mels; mel++) {
    const [left, middle, right] = [corner(mel), corner(mel + 1), corner(mel + 2)];
    const height = normalization === "area" ? 2 / (right - left) : 1;
    let isEmpty = true;
    for (let k = 0; k < frequencies; k++) {
      const frequency = k * sampleRate / fftLength;
      const slope = Math.min(
        (frequency - left) / (middle - left),
        (right - frequency) / (right - middle),
      );
      if (slope <= 0) continue;
      filters[k * mels + mel] = slope * height;
      isEmpty = false;
    }
    if (isEmpty) {
      throw new RangeError(
        `Cannot make ${formatAmount(mels, "filter")}: number ${mel + 1}, from ${
          left.toFixed(1)
        } to ${right.toFixed(1)} Hz, has none of the frequencies, which are ${
          (sampleRate / fftLength).toFixed(1)
        } Hz apart: expected fewer mels, a longer fftLength, or a higher lowestFrequency`,
      );
    }
  }
  return filters;
}

interface MelFormulas {
  toMel(hertz: number): number;
  toHertz(mel: number): number;
}

/** Slaney's scale: 3 mels for 200 Hz up to 1000 Hz, then 27 for each factor of 6.4. */
const [knee, perHertz, perLogarithm] = [1000, 3 / 200, 27 / Math.log(6.4)];

const melScales: Readonly<Record<MelScale, MelFormulas>> = {
  htk: {
    toMel: (hertz) => 2595 * Math.log10(1 + hertz / 700),
    toHertz: (mel) => 700 * (10 ** (mel / 2595) - 1),
  },
  slaney: {
    toMel: (hertz) =>
      hertz < knee ? perHertz * hertz : perHertz * knee + perLogarithm * Math.log(hertz / knee),
    toHertz: (mel) =>
      mel < perHertz * knee
        ? mel / perHertz
        : knee * Math.exp((mel - perHertz * knee) / perLogarithm),
  },
};

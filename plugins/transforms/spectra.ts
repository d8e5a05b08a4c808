/**
 * What transforms of sound have in common: frames of samples, the power of each of their frequencies,
 * and the scale in which it is given. All of it is ops, so that it is part of the compiled step.
 *
 * @module
 */
import { z } from "zod";
import { type BuildContext, formatAmount, ops, type Value } from "../../core/mod.ts";

/** How a sound is cut into frames, and what is given of their frequencies. */
export interface SpectrumOptions {
  /** Samples of a frame. */
  readonly frameLength: number;
  /** Samples from one frame to the next. Default half a frame. */
  readonly hopLength?: number | undefined;
  /** Samples that each frame is filled up to with zeros: more of them give more frequencies. Default: `frameLength`. */
  readonly fftLength?: number | undefined;
  /** What the samples of a frame are multiplied by. Default `"hann"`. */
  readonly window?: Window | undefined;
  /**
   * What is put around a sound: nothing, so that every frame lies within it (`"valid"`), or half a frame
   * of zeros (`"zeros"`) or of the mirrored sound (`"reflect"`) on both sides, so that frame `t` is around
   * sample `t · hopLength`. Default `"valid"`.
   */
  readonly padding?: "valid" | "zeros" | "reflect" | undefined;
  /** Whether the magnitudes of frequencies (1) are given, or their squares, the power (2). Default 2. */
  readonly power?: 1 | 2 | undefined;
}

/** In which scale the numbers are given. */
export interface ScaleOptions<K extends Scale = Scale> {
  /**
   * The scale: as they are (`"linear"`), `ln(y + logOffset)` (`"log"`), or decibels (`"decibel"`),
   * `10 · log₁₀ max(y, 10⁻¹⁰)` of power and `20 · log₁₀ max(y, 10⁻⁵)` of magnitudes.
   */
  readonly scale?: K | undefined;
  /** What is added before the logarithm, so that silence has one. Default 1e-6. */
  readonly logOffset?: number | undefined;
  /** Decibels below the loudest of each sound that others are raised to; no limit when absent. */
  readonly topDecibels?: number | undefined;
}

/** What the samples of a frame are multiplied by. */
export type Window = "hann" | "hamming" | "rectangular";

/** In which scale numbers are given. */
export type Scale = "linear" | "log" | "decibel";

/** `SpectrumOptions` with every default. */
export interface SpectrumConfig {
  readonly frameLength: number;
  readonly hopLength?: number | undefined;
  readonly fftLength?: number | undefined;
  readonly window: Window;
  readonly padding: "valid" | "zeros" | "reflect";
  readonly power: 1 | 2;
}

/** `ScaleOptions` with every default. */
export interface ScaleConfig {
  readonly scale: Scale;
  readonly logOffset: number;
  readonly topDecibels?: number | undefined;
}

/** The tables of cosines and sines have as many elements as half the square of this. */
const longestFrame = 8192;

/** The fields of `SpectrumConfig`, for a stage's configuration. */
export function spectrumFields(): {
  frameLength: z.ZodInt;
  hopLength: z.ZodOptional<z.ZodInt>;
  fftLength: z.ZodOptional<z.ZodInt>;
  window: z.ZodDefault<
    z.ZodEnum<{ hann: "hann"; hamming: "hamming"; rectangular: "rectangular" }>
  >;
  padding: z.ZodDefault<z.ZodEnum<{ valid: "valid"; zeros: "zeros"; reflect: "reflect" }>>;
  power: z.ZodDefault<z.ZodLiteral<1 | 2>>;
} {
  return {
    frameLength: z.int().min(2).max(longestFrame).describe("Samples of a frame"),
    hopLength: z.int().min(1).optional().describe(
      "Samples from one frame to the next; half a frame when absent",
    ),
    fftLength: z.int().min(2).max(longestFrame).optional().describe(
      "Samples that each frame is filled up to with zeros; frameLength when absent",
    ),
    window: z.enum(["hann", "hamming", "rectangular"]).default("hann").describe(
      "What the samples of a frame are multiplied by",
    ),
    padding: z.enum(["valid", "zeros", "reflect"]).default("valid").describe(
      "What is put around a sound: nothing, or half a frame of zeros or of the mirrored sound",
    ),
    power: z.literal([1, 2]).default(2).describe(
      "Whether magnitudes (1) are given, or their squares, the power (2)",
    ),
  };
}

/** The fields of `ScaleConfig` but the scale itself, for a stage's configuration. */
export function scaleFields(): {
  logOffset: z.ZodDefault<z.ZodNumber>;
  topDecibels: z.ZodOptional<z.ZodNumber>;
} {
  return {
    logOffset: z.number().positive().default(1e-6).describe(
      "What is added before the logarithm, so that silence has one",
    ),
    topDecibels: z.number().positive().optional().describe(
      "Decibels below the loudest of each sound that others are raised to",
    ),
  };
}

/** What is wrong with a configuration whose fields are right one by one. */
export interface Wrong {
  /** The field. */
  readonly path: string;
  readonly message: string;
}

/** What does not fit together in a spectrum's configuration. */
export function wrongSpectrum(config: SpectrumConfig & ScaleConfig): Wrong[] {
  const { frameLength, fftLength = frameLength, scale, topDecibels } = config;
  return [
    ...(fftLength < frameLength
      ? [{ path: "fftLength", message: `expected no less than frameLength, ${frameLength}` }]
      : []),
    ...(topDecibels !== undefined && scale !== "decibel"
      ? [{ path: "topDecibels", message: 'expected only with scale "decibel"' }]
      : []),
  ];
}

/** Adds what is wrong to what a schema found. */
export function report<C>(find: (config: C) => readonly Wrong[]) {
  return (config: C, context: z.RefinementCtx<C>): void => {
    for (const { path, message } of find(config)) {
      context.addIssue({ code: "custom", path: [path], message });
    }
  };
}

/** Number of the frequencies of a frame: from 0 to half the sample rate. */
export function frequencyCount({ frameLength, fftLength = frameLength }: SpectrumConfig): number {
  return Math.floor(fftLength / 2) + 1;
}

/**
 * The power of frequencies of every frame of sounds, or their magnitudes: from `first` on, `count` of
 * them, `[batch, frames, count]`.
 *
 * A discrete Fourier transform of the length that frames have is a product with a table of sines and
 * cosines. A window is the same from both ends, so that with phases from the middle of a frame the
 * cosines meet sums of two samples and the sines differences: the products are half as long.
 *
 * @throws {TypeError} When x is no batch of sounds.
 * @throws {RangeError} When a sound is shorter than a frame.
 */
export function spectrumOf(
  x: Value,
  { context, config, first = 0, count = frequencyCount(config) }: {
    readonly context: BuildContext<unknown>;
    readonly config: SpectrumConfig;
    readonly first?: number;
    readonly count?: number;
  },
): Value {
  const { frameLength } = config;
  const half = Math.floor(frameLength / 2) + 1;
  const { front, back } = framesOf(x, config);
  const [batch, frames] = front.spec.shape as [number, number, number];
  const table = (name: string, wave: (angle: number) => number) =>
    context.constant(name, {
      shape: [half, count],
      values: () => waves(config, { wave, first, count, half }),
    });
  const product = (folded: Value, waves: Value) =>
    ops.matmul(ops.reshape(folded, [batch * frames, half]), waves);
  const real = product(ops.add(front, back), table("cosines", Math.cos));
  const imaginary = product(ops.sub(front, back), table("sines", Math.sin));
  const squares = ops.add(ops.square(real), ops.square(imaginary));
  // below, the square root has no slope that a float could hold
  const power = config.power === 2 ? squares : ops.sqrt(ops.maximum(squares, 1e-30));
  return ops.reshape(power, [batch, frames, count]);
}

/**
 * The first halves of frames, and the second halves from behind, `[batch, frames, half]`: what is in both
 * at one place is as far from the middle. What has no counterpart meets a 0.
 */
function framesOf(
  x: Value,
  { frameLength, hopLength = Math.max(1, frameLength >> 1), padding }: SpectrumConfig,
): { readonly front: Value; readonly back: Value } {
  const [, samples] = x.spec.shape as [number, number];
  const margin = padding === "valid" ? 0 : frameLength >> 1;
  if (samples + 2 * margin < frameLength) {
    throw new RangeError(
      `Cannot cut frames of ${frameLength} samples: received sounds of ${
        formatAmount(samples, "sample")
      }, expected longer ones, or a shorter frameLength`,
    );
  }
  if (padding === "reflect" && samples <= margin) {
    throw new RangeError(
      `Cannot mirror half a frame, ${formatAmount(margin, "sample")}: received sounds of ${
        formatAmount(samples, "sample")
      }, expected longer ones, or padding "zeros"`,
    );
  }
  const frames = Math.floor((samples + 2 * margin - frameLength) / hopLength) + 1;
  const half = Math.floor(frameLength / 2) + 1;
  const count = (axis: number) =>
    ops.iota(x.builder, { shape: [frames, half], axis, dtype: "i32" });
  const start = ops.sub(ops.mul(count(0), hopLength), margin);
  const mirrored = (place: Value) => {
    if (padding !== "reflect") return place;
    const fromBegin = ops.maximum(place, ops.neg(place));
    return ops.minimum(fromBegin, ops.sub(2 * (samples - 1), fromBegin));
  };
  const samplesAt = (place: Value) => ops.gather(x, place, { axis: 1, fillValue: 0 });
  const inFrame = count(1);
  const fromBehind = ops.sub(frameLength, inFrame);
  const hasTwin = ops.mul(ops.greater(inFrame, 0), ops.less(inFrame, fromBehind));
  return {
    front: samplesAt(mirrored(ops.add(start, inFrame))),
    back: samplesAt(ops.where(hasTwin, mirrored(ops.add(start, fromBehind)), -1)),
  };
}

/** `window[n] · wave(2π · k · (n - frameLength / 2) / fftLength)` for n from 0 and k from `first`. */
function waves(
  { frameLength, fftLength = frameLength, window }: SpectrumConfig,
  { wave, first, count, half }: {
    readonly wave: (angle: number) => number;
    readonly first: number;
    readonly count: number;
    readonly half: number;
  },
): Float32Array {
  const table = new Float32Array(half * count);
  for (let n = 0; n < half; n++) {
    const weight = weights[window](n / frameLength);
    for (let k = 0; k < count; k++) {
      // whole turns are left out while numbers are whole
      const turns = (first + k) * (2 * n - frameLength) % (2 * fftLength);
      const value = wave(Math.PI * turns / fftLength);
      // at quarters of a turn the rounding of π is seen
      table[n * count + k] = Math.abs(value) < 1e-15 ? 0 : weight * value;
    }
  }
  return table;
}

/** Windows by the place in a frame, from 0 to 1. */
const weights: Readonly<Record<Window, (place: number) => number>> = {
  hann: (place) => 0.5 - 0.5 * Math.cos(2 * Math.PI * place),
  hamming: (place) => 0.54 - 0.46 * Math.cos(2 * Math.PI * place),
  rectangular: () => 1,
};

/** Power or magnitudes in the wanted scale; the axes behind the first are those of one sound. */
export function scaled(
  x: Value,
  { scale, logOffset, topDecibels, power }: ScaleConfig & { readonly power: 1 | 2 },
): Value {
  if (scale === "linear") return x;
  if (scale === "log") return ops.log(ops.add(x, logOffset));
  const least = power === 2 ? 1e-10 : 1e-5;
  const factor = (power === 2 ? 10 : 20) / Math.LN10;
  const decibels = ops.mul(ops.log(ops.maximum(x, least)), factor);
  if (topDecibels === undefined) return decibels;
  const axes = x.spec.shape.map((_, axis) => axis).slice(1);
  const loudest = ops.reduceMax(decibels, { axes, keepDims: true });
  return ops.maximum(decibels, ops.sub(loudest, topDecibels));
}

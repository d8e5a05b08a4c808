/**
 * Sounds as the shape of their spectra, frame by frame.
 *
 * @module
 */
import { z } from "zod";
import {
  type AnyTensor,
  defineStage,
  type Dim,
  lazySchema,
  ops,
  type Schema,
  type Tensor,
} from "../../core/mod.ts";
import { type MelConfig, melFields, type MelOptions, melSpectrumOf, wrongMel } from "./mel.ts";
import {
  report,
  type ScaleConfig,
  scaled,
  scaleFields,
  type ScaleOptions,
  type SpectrumConfig,
  spectrumFields,
  type SpectrumOptions,
  wrongSpectrum,
} from "./spectra.ts";

/** Options of {@linkcode mfcc}. */
export interface MfccOptions extends SpectrumOptions, MelOptions, ScaleOptions<"log" | "decibel"> {
  /** Number of mel filters. */
  readonly mels: number;
}

/** Signature of {@linkcode mfcc}. */
export type Mfcc<C extends number> = <B extends Dim, S extends Dim>(
  x: Tensor<readonly [B, S]>,
) => Tensor<readonly [B, number, C]>;

type MfccConfig = SpectrumConfig & MelConfig & ScaleConfig & { readonly coefficients: number };

const config: Schema<MfccOptions & { readonly coefficients: number }, MfccConfig> = lazySchema(() =>
  z
    .strictObject({
      coefficients: z.int().min(1).describe(
        "Number of coefficients, the first of a sum among them",
      ),
      ...melFields(),
      ...spectrumFields(),
      scale: z.enum(["log", "decibel"]).default("decibel").describe(
        "In which scale the pitches are, before they are transformed",
      ),
      ...scaleFields(),
    }).superRefine(report((config) => [
      ...wrongSpectrum(config),
      ...wrongMel(config),
      ...(config.coefficients > config.mels
        ? [{ path: "coefficients", message: `expected at most as many as mels, ${config.mels}` }]
        : []),
    ]))
);

const stage = defineStage<(x: AnyTensor) => AnyTensor>()({
  name: "mfcc",
  family: "transform",
  kind: "traced",
  config,
  formula: "y[t, c] = Σ_m cosines[m, c] · scale(melSpectrogram(x)[t, m])",
  inputs: { x: { kind: "tensor", dtypes: ["f32"], rank: 2 } },
  output: "tensor",
  build({ x }, context) {
    const { config } = context;
    const { mels, coefficients } = config;
    const pitches = scaled(melSpectrumOf(x, { context, config }), config);
    const [batch, frames] = pitches.spec.shape as [number, number, number];
    const table = context.constant("cosineTransform", {
      shape: [mels, coefficients],
      values: () => cosineTransform(mels, coefficients),
    });
    const sums = ops.matmul(ops.reshape(pitches, [batch * frames, mels]), table);
    return ops.reshape(sums, [batch, frames, coefficients]);
  },
});

/** The orthonormal discrete cosine transform (DCT-II): `√(2 / mels) · cos(π · c · (m + ½) / mels)`. */
function cosineTransform(mels: number, coefficients: number): Float32Array {
  return Float32Array.from({ length: mels * coefficients }, (_, i) => {
    const [m, c] = [Math.floor(i / coefficients), i % coefficients];
    return Math.sqrt((c === 0 ? 1 : 2) / mels) * Math.cos(Math.PI * c * (m + 0.5) / mels);
  });
}

/**
 * Mel-frequency cepstral coefficients, `y[t, c] = Σ_m cosines[m, c] · scale(melSpectrogram(x)[t, m])`
 * with `cosines[m, c] = √(2 / mels) · cos(π · c · (m + ½) / mels)`, and for `c = 0` `1 / √mels`: the
 * orthonormal discrete cosine transform of the loudness of pitches. The first coefficients tell the
 * shape of a spectrum without its details.
 *
 * Shapes: `x [batch, samples] -> [batch, ⌊(samples - frameLength) / hopLength⌋ + 1, coefficients]`;
 * with `padding` of zeros or reflection, `samples` counts the padding, `2 · ⌊frameLength / 2⌋` more
 *
 * Gradient: that of the formula
 *
 * Differs: as torchaudio's with `norm="ortho"`, its default, but for `topDecibels`, which is 80 there and
 * none here, and looks at each sound alone, as librosa does, and for `padding`, which is by reflection
 * there and none here unless it is set. Coefficients are not liftered. Frames come before coefficients.
 * TensorFlow's `mfccs_from_log_mel_spectrograms` is the same with `scale: "log"`, but for the first
 * coefficient, which is √2 times as large there.
 *
 * Counterparts: Keras none; PyTorch `torchaudio.transforms.MFCC`; TensorFlow.js none
 *
 * @param coefficients How many of them, at most as many as `mels`; 13 are usual.
 * @param options.mels Number of mel filters.
 * @param options.sampleRate Samples a second: that of the sounds.
 * @returns A transform without parameters.
 * @throws {RangeError} When sounds are shorter than a frame, or a filter reads no frequency, as the
 * pipeline is checked.
 *
 * @example
 * ```ts
 * import { mfcc, soundFolder } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const words = soundFolder({ folder: "data/words", samples: 16000, sampleRate: 16000 });
 * const shapes = mfcc(13, { mels: 40, sampleRate: 16000, frameLength: 400, hopLength: 160 })(
 *   words.sound,
 * );
 * assertEquals(shapes.stage.definition.name, "mfcc"); // f32[batch, 98, 13]
 * ```
 *
 * Source: Davis, Mermelstein, "Comparison of parametric representations for monosyllabic word recognition
 * in continuously spoken sentences", IEEE Transactions on Acoustics, Speech, and Signal Processing 28,
 * 1980
 */
export function mfcc<const C extends number>(coefficients: C, options: MfccOptions): Mfcc<C> {
  return stage({ coefficients, ...options }) as Mfcc<C>;
}
